"""The program's commands. Heavy parts are imported by the command that needs them."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bot import log
from bot.cli.bridges import WithBridges
from bot.settings import BadSettings, Settings, load
from bot.texts import Language, Text, language_of

DONE, SOME_FAILED, NOT_POSSIBLE = 0, 1, 2
"""Exit codes."""


def language() -> Language:
    """The language that help is printed in, before any setting has been checked."""
    return language_of(os.environ.get("KEQING_LANGUAGE", "zh"))


def _h(zh: str, en: str) -> str:
    return Text(zh, en).in_(language())


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
app.add_typer(audit_app, name="audit")
app.add_typer(eval_app, name="eval")
app.add_typer(models_app, name="models")

Json = Annotated[bool, typer.Option("--json", help=_h("输出 JSON", "print JSON"))]


def main() -> None:
    """Entry point: plain words instead of a traceback for what people can mend."""
    try:
        app()
    except BadSettings as error:
        fail(str(error))


def fail(text: str) -> NoReturn:
    """Say what is wrong and stop with the exit code for it."""
    typer.echo(text, err=True)
    raise SystemExit(NOT_POSSIBLE)


_UNKNOWN = Text(
    "注意：没有名为 {name} 的设置，已忽略。", "warning: there is no setting {name}; it is ignored."
)


def settings() -> Settings:
    """The settings of this run; unknown ones are warned of by name."""
    from bot import parts  # noqa: PLC0415

    found, unknown = load(parts.settings_models())
    log.setup(found.log_level)
    for name in unknown:
        typer.echo(_UNKNOWN.in_(found.language, name=name), err=True)
    return found


def run_async(work: Callable[[], Coroutine[Any, Any, int | None]]) -> None:
    """Run to the end; a signal cancels, and what was begun is settled at the next start."""
    import uvloop  # noqa: PLC0415

    async def guarded() -> int | None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        for which in (signal.SIGINT, signal.SIGTERM):
            if task is not None:
                loop.add_signal_handler(which, task.cancel)
        return await work()

    try:
        code = uvloop.run(guarded())
    except asyncio.CancelledError:
        code = DONE
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    raise SystemExit(code or DONE)


def with_program(
    work: Callable[[Any], Coroutine[Any, Any, int | None]],
    changed: Callable[[Settings], Settings] = lambda found: found,
) -> None:
    """Open the program, do one thing with it, close it; `changed` may set what a run needs."""
    from bot import app as root  # noqa: PLC0415
    from bot.cli import weights  # noqa: PLC0415
    from storage.db import DatabaseError  # noqa: PLC0415
    from storage.embedded import EmbeddedError  # noqa: PLC0415

    found = changed(settings())
    weights.use_own(found.kept, found.language)

    async def opened() -> int | None:
        async with root.opened(found) as program:
            if program.cluster is not None:
                for note in program.cluster.notes:
                    typer.echo(getattr(note, found.language), err=True)
            return await work(program)

    try:
        run_async(opened)
    except EmbeddedError as error:
        fail(getattr(error, found.language))
    except DatabaseError as error:
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


@app.command(help=_h("判断消息归属，只读", "tell where messages belong, read-only"))
def match(as_json: Json = False) -> None:  # noqa: ARG001 - JSON is the only form
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.match(program, sys.stdin.buffer, sys.stdout))


@app.command(help=_h("数量统计", "exact counts from the database"))
def stats(as_json: Json = False) -> None:
    from bot.cli import shell  # noqa: PLC0415

    with_program(lambda program: shell.stats(program, as_json=as_json))


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
