"""The program's commands. Heavy parts are imported by the command that needs them."""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.bridges import WithBridges
from bot.cli.running import DONE, Json, fail, settings, with_program
from bot.cli.running import words as _h
from bot.settings import BadSettings

app = typer.Typer(
    name="keqing",
    cls=WithBridges,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=_h(
        "客情助手：自托管的项目客情管理助手",
        "Keqing: a self-hosted assistant for project customer relations",
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
audit_app = typer.Typer(no_args_is_help=True, help=_h("审计记录", "the audit trail"))
models_app = typer.Typer(no_args_is_help=True, help=_h("语音模型", "speech models"))
eval_app = typer.Typer(
    help=_h(
        "衡量情绪、信号与归档；不带子命令时衡量标注文本",
        "measure sentiment, signals and filing; alone: labelled texts",
    )
)
accounts_app = typer.Typer(
    no_args_is_help=True,
    help=_h("外部系统的账：收款、发票、付款计划", "accounts of another system"),
)
app.add_typer(accounts_app, name="accounts")
app.add_typer(audit_app, name="audit")
app.add_typer(eval_app, name="eval")
app.add_typer(models_app, name="models")


def main() -> None:
    """Entry point: plain words instead of a traceback for what people can mend."""
    # A start makes a million objects that stay: looking among them for garbage as often as Python
    # does would take a fifth of it.
    gc.set_threshold(50_000)
    try:
        app()
    except BadSettings as error:
        fail(str(error))


@app.command(help=_h("启动服务", "serve: web, filing, jobs, clock; --only web for web alone"))
def serve(
    only: Annotated[str, typer.Option(help=_h("只启动：web", "only this part: web"))] = "",
    port: Annotated[int | None, typer.Option(help=_h("端口", "port"))] = None,
) -> None:
    if only not in {"", "web"}:
        fail(_h("--only 只能是 web", "--only can only be web"))
    if port is not None:
        os.environ["KEQING_PORT"] = str(port)
    from bot.cli import serving  # noqa: PLC0415

    with_program(serving.serve_web if only else serving.serve_all)


@app.command(
    help=_h("启动后台工作进程", "work in the background: filing, jobs, sending; --queue speech")
)
def worker(
    queue: Annotated[
        str, typer.Option(help=_h("只处理这个队列：speech", "only this queue: speech"))
    ] = "",
    attached: Annotated[bool, typer.Option("--attached", hidden=True)] = False,
) -> None:
    from bot.cli import serving  # noqa: PLC0415

    if queue not in {"", "default", "speech"}:
        fail(_h("队列只有 default 与 speech", "the queues are default and speech"))
    with_program(serving.worker(queue, attached=attached))


@app.command(help=_h("启动演示公司", "serve the demo firm"))
def demo() -> None:
    from bot.cli import serving  # noqa: PLC0415

    with_program(serving.serve_demo, serving.for_demo)


@app.command(help=_h("升级数据库结构", "bring the database up to date"))
def migrate() -> None:
    async def done(program: Any) -> int:  # noqa: ARG001 - opening has migrated
        typer.echo(_h("数据库已是最新。", "The database is up to date."))
        return DONE

    with_program(done)


@app.command(help=_h("检查环境，说明问题与办法", "check this installation and say what is wrong"))
def doctor(as_json: Json = False) -> None:
    from bot.cli import checks  # noqa: PLC0415

    with_program(lambda program: checks.run(program, as_json=as_json))


@models_app.command("pull", help=_h("下载语音模型", "fetch a speech model"))
def models_pull(
    name: Annotated[str, typer.Argument(help=_h("名称，如 small", "name, as small"))] = "small",
) -> None:
    from bot.cli import models  # noqa: PLC0415

    models.pull(settings(), name, fail)


@models_app.command("list", help=_h("已有的语音模型", "the speech models that are there"))
def models_list() -> None:
    from bot.cli import models  # noqa: PLC0415

    models.show(settings())


@app.command(help=_h("以某个成员的身份执行一条命令", "run one command as a member"))
def run(
    line: Annotated[
        str, typer.Argument(help=_h("命令，例如「客户 华建」", "a command, as 'customer acme'"))
    ],
    as_: Annotated[
        str, typer.Option("--as", help=_h("成员姓名或邮箱", "a member's name or mail address"))
    ],
    as_json: Json = False,
) -> None:
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.run(program, line, as_, as_json=as_json))


@app.command("load", help=_h("导入公司资料（JSON）", "load a firm from JSON"))
def load_firm(file: Path, as_json: Json = False) -> None:
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.load(program, file, as_json=as_json))


@app.command(help=_h("导出收到的事件（脱敏）", "write received events, masked"))
def record(
    channel: Annotated[str, typer.Argument(help=_h("渠道，如 slack", "channel, as slack"))],
    out: Annotated[Path | None, typer.Option(help=_h("文件", "file"))] = None,
    last: Annotated[int, typer.Option(help=_h("最近几条", "how many, the newest"))] = 100,
) -> None:
    from bot.cli import recordings  # noqa: PLC0415

    with_program(lambda program: recordings.record(program, channel, out, last))


@app.command(help=_h("重放导出的事件", "deliver recorded events once more"))
def replay(file: Path, as_json: Json = False) -> None:
    from bot.cli import recordings  # noqa: PLC0415

    with_program(lambda program: recordings.replay(program, file, as_json=as_json))


@app.command(help=_h("归档文件：邮件、录音、聊天记录", "file mails, recordings and pasted talk"))
def ingest(
    paths: list[Path],
    sender: Annotated[str, typer.Option(help=_h("发送人：邮箱、电话或编号", "who sent it"))] = "",
    chat: Annotated[str, typer.Option(help=_h("聊天", "the chat"))] = "",
    at: Annotated[str, typer.Option(help=_h("时间（ISO 8601）", "when, ISO 8601"))] = "",
    as_json: Json = False,
) -> None:
    from bot.cli import shell  # noqa: PLC0415
    from bot.contract import Given  # noqa: PLC0415

    given = Given(sender, chat, at)
    with_program(lambda program: shell.ingest(program, paths, given, as_json=as_json))


@app.command(
    help=_h("分析文本：每行一个 {id,text}", "analyse texts: JSON lines of {id,text} on stdin")
)
def analyse(as_json: Json = False) -> None:  # noqa: ARG001 - JSON is the only form
    from bot.cli import analysing, weights  # noqa: PLC0415

    found = settings()
    weights.use_own(found.kept, found.language)
    raise SystemExit(analysing.run(sys.stdin.buffer, sys.stdout))


@eval_app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    set_: Annotated[
        Path | None, typer.Option("--set", help=_h("标注文件", "a labelled file"))
    ] = None,
    as_json: Json = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    from bot.cli import evaluating, weights  # noqa: PLC0415

    found = settings()
    weights.use_own(found.kept, found.language)
    evaluating.run(set_, found.language, fail, as_json=as_json)


@app.command(help=_h("导出情绪更正，供 make train 使用", "corrected moods, for make train"))
def corrections(as_json: Json = False) -> None:
    from bot.cli import correcting  # noqa: PLC0415

    with_program(lambda program: correcting.run(program, as_json=as_json))


@eval_app.command(
    "filing",
    help=_h("在虚构公司上衡量归档", "measure filing on an invented firm"),
)
def evaluate_filing(
    customers: Annotated[
        int, typer.Option(min=1, max=1_000_000, help=_h("客户数", "how many customers"))
    ] = 1000,
    seed: Annotated[int, typer.Option(help=_h("随机种子", "seed"))] = 1,
    messages: Annotated[int, typer.Option(min=1, help=_h("消息数", "how many messages"))] = 3000,
    as_json: Json = False,
) -> None:
    from bot.cli import filing_eval  # noqa: PLC0415

    filing_eval.run(customers, seed, messages, settings().language, fail, as_json=as_json)


@eval_app.command(
    "churn", help=_h("在合成公司上检验流失预测", "try churn prediction on a synthetic firm")
)
def evaluate_churn(
    seed: Annotated[int, typer.Option(help=_h("随机种子", "seed"))] = 1,
    as_json: Json = False,
) -> None:
    from bot.cli import health_eval  # noqa: PLC0415

    health_eval.run_churn(seed, settings().language, as_json=as_json)


@eval_app.command(
    "delay", help=_h("在合成公司上检验延期预测", "try delay prediction on a synthetic firm")
)
def evaluate_delay(
    seed: Annotated[int, typer.Option(help=_h("随机种子", "seed"))] = 1,
    as_json: Json = False,
) -> None:
    from bot.cli import health_eval  # noqa: PLC0415

    health_eval.run_delay(seed, settings().language, as_json=as_json)


@app.command(help=_h("从文件定义规则、流程、模板", "rules, flows, templates and care from files"))
def define(
    files: list[Path],
    check: Annotated[
        bool, typer.Option("--check", help=_h("只检查，不写入", "only say what is wrong"))
    ] = False,
) -> None:
    from bot.cli import defining  # noqa: PLC0415

    with_program(lambda program: defining.bring(program, files, check=check))


@app.command(help=_h("导出本公司的规则、流程、模板", "the firm's own definitions, as JSON"))
def definitions() -> None:
    from bot.cli import defining  # noqa: PLC0415

    with_program(defining.show)


@app.command(help=_h("规则告知的系统和它们的密钥", "systems that rules tell, and their secrets"))
def systems(as_json: Json = False) -> None:
    from bot.cli import telling  # noqa: PLC0415

    with_program(lambda program: telling.show(program, as_json=as_json))


@app.command(help=_h("判断消息归属，只读", "tell where messages belong, read-only"))
def match(as_json: Json = False) -> None:  # noqa: ARG001 - JSON is the only form
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.match(program, sys.stdin.buffer, sys.stdout))


@app.command(help=_h("数量统计", "exact counts from the database"))
def stats(as_json: Json = False) -> None:
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.stats(program, as_json=as_json))


@accounts_app.command(
    "import",
    help=_h(
        "从 CSV 导入：0 全部收下，1 有行被拒绝", "import a CSV file: 0 all taken, 1 some rejected"
    ),
)
def accounts_import(
    file: Path,
    kind: Annotated[
        str, typer.Option(help=_h("receipts、invoices 或 terms", "receipts, invoices or terms"))
    ],
    map_: Annotated[
        str,
        typer.Option(
            "--map",
            help=_h(
                "kingdee、yonyou、generic 或自己的 .toml", "kingdee, yonyou, generic, own.toml"
            ),
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_h("只检查，不写入", "check only, write nothing"))
    ] = False,
    as_json: Json = False,
) -> None:
    from bot.cli import accounts  # noqa: PLC0415

    with_program(
        lambda program: accounts.bring(program, file, kind, map_, dry=dry_run, as_json=as_json)
    )


@audit_app.command(
    "verify", help=_h("核对审计链：0 完整，1 被改动", "verify the chain: 0 intact, 1 broken")
)
def audit_verify(as_json: Json = False) -> None:
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.verify(program, as_json=as_json))


@app.command(help=_h("备份数据库与文件", "back up database and files into one file"))
def backup(file: Path) -> None:
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.backup(program, file, fail))


@app.command(help=_h("从备份恢复", "restore a backup"))
def restore(
    file: Path,
    force: Annotated[bool, typer.Option(help=_h("覆盖现有数据", "replace what is there"))] = False,
) -> None:
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.restore(program, file, force=force, fail=fail))


@app.command(help=_h("在终端里与助手聊天", "chat with the assistant in the terminal"))
def chat(
    as_: Annotated[
        str, typer.Option("--as", help=_h("成员姓名或邮箱", "a member's name or mail address"))
    ] = "",
) -> None:
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.chat(program, as_))


@app.command(help=_h("转写一段录音", "a recording's words, mood and gist"))
def transcribe(file: Path, as_json: Json = False) -> None:
    from bot.cli import transcribing  # noqa: PLC0415

    transcribing.run(settings(), file, fail, as_json=as_json)


@app.command("mail", help=_h("解析一封邮件", "parse a mail"))
def mail(file: Path, as_json: Json = False) -> None:
    from bot import parts  # noqa: PLC0415

    parts.one("keqing.commands", "mail")(file, json=as_json)
