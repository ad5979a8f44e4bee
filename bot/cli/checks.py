"""`keqing doctor`: what is wrong with this installation, and what to do about it."""

import shutil
from dataclasses import dataclass
from typing import Final

import aiohttp
import typer
from aiohttp import web
from sqlalchemy import text

from bot.app import Program
from bot.cli import lines, models
from bot.contract import AdapterError, Checking
from bot.texts import Text
from storage import customers, db

LEAST_FREE: Final = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    text: Text
    facts: dict[str, object]


async def run(program: Program, *, as_json: bool) -> int:
    """Check and report; exit code 1 where something needs a person."""
    findings = [
        await _database(program),
        _disk(program),
        _speech(program),
        _hook(program),
        await _flow(program),
        *await _model(program),
        *await _platforms(program),
    ]
    language = program.settings.language
    if as_json:
        lines.show(
            [
                {"name": f.name, "ok": f.ok, "text": f.text.in_(language, **f.facts)}
                for f in findings
            ]
        )
    else:
        for f in findings:
            typer.echo(f"{'✓' if f.ok else '!'} {f.text.in_(language, **f.facts)}")
    return 0 if all(f.ok for f in findings) else 1


async def _model(program: Program) -> list[Finding]:
    model = program.model()
    if model is None:
        text = Text(
            "没有语言模型，各项功能照常（设置 KEQING_LLM__BASE_URL 即可启用）",
            "no language model; everything works without (set KEQING_LLM__BASE_URL)",
        )
        return [Finding("llm", True, text, {})]
    return [Finding("llm", one.ok, one.text, dict(one.facts)) for one in await model.check()]


async def _database(program: Program) -> Finding:
    async with program.db.transaction() as session:
        version = await session.scalar(text("SHOW server_version"))
        at = await session.scalar(text("SELECT version_num FROM alembic_version"))
    where = "embedded" if program.cluster else "external"
    return Finding(
        "database",
        at == db.head(),
        Text(
            "数据库 PostgreSQL {version}（{where}），结构版本 {at}",
            "PostgreSQL {version} ({where}), schema {at}",
        ),
        {"version": version, "where": where, "at": at},
    )


def _disk(program: Program) -> Finding:
    free = shutil.disk_usage(program.settings.data_dir).free
    return Finding(
        "disk",
        free > LEAST_FREE,
        Text(
            "数据目录剩余空间 {free:.1f} GiB（少于 2 GiB 时请清理）",
            "{free:.1f} GiB free for data (make room below 2 GiB)",
        ),
        {"free": free / 1024**3},
    )


def _speech(program: Program) -> Finding:
    found = [name for name, _ in models.engine(program.settings).models()]
    if found:
        return Finding(
            "speech",
            True,
            Text("语音模型：{names}", "speech models: {names}"),
            {"names": ", ".join(found)},
        )
    return Finding(
        "speech",
        True,
        Text(
            "还没有语音模型，录音会保留等待：keqing models pull small",
            "no speech model yet; recordings are kept and wait: keqing models pull small",
        ),
        {},
    )


def _hook(program: Program) -> Finding:
    branch = program.settings.branch("hook")
    if branch.get("push_url") and not branch.get("secret"):
        return Finding(
            "hook",
            False,
            Text(
                "设置了推送地址但没有 KEQING_HOOK__SECRET，推送不会发出。",
                "a push address is set without KEQING_HOOK__SECRET; nothing is pushed.",
            ),
            {},
        )
    named = Text("；规则告知的系统：{names}", "; systems that rules tell: {names}")
    state = (
        Text("Webhook 已开启", "the webhook is open")
        if branch.get("secret")
        else Text(
            "Webhook 未开启（设置 KEQING_HOOK__SECRET 即可）",
            "the webhook is closed (set KEQING_HOOK__SECRET)",
        )
    )
    names = ", ".join(sorted(program.systems()))
    if names:
        state = Text(state.zh + named.zh, state.en + named.en)
    return Finding("hook", True, state, {"names": names})


async def _platforms(program: Program) -> list[Finding]:
    """Each switched-on platform: what it says of us, and whether its calls can reach us."""
    found: list[Finding] = []
    for name, adapter in program.adapters.items():
        if not isinstance(adapter, Checking) or not adapter.on:
            continue
        try:
            await adapter.start()
            checks = await adapter.check()
        except AdapterError as error:
            text = Text("{name}：无法检查（{why}）", "{name}: cannot be checked ({why})")
            found.append(Finding(name, False, text, {"name": name, "why": error}))
            continue
        finally:
            await adapter.stop()
        found += [Finding(name, one.ok, one.text, dict(one.facts)) for one in checks]
        found += [await _reach(program, name, route.path) for route in _paths(adapter)]
    return found


def _paths(adapter: Checking) -> list[web.RouteDef]:
    """A route for each path that the platform calls."""
    return list({route.path: route for route in adapter.routes()}.values())


async def _reach(program: Program, name: str, path: str) -> Finding:
    """Whether a call from outside comes to our own server: unsigned, it is turned down by it."""
    base = program.settings.public_url
    if base is None:
        text = Text(
            "{name}：未设置 KEQING_PUBLIC_URL，无法检查回调地址 {path}（用长连接时不需要）",
            "{name}: KEQING_PUBLIC_URL is not set, so the callback {path} was not tried (a long"
            " connection needs none)",
        )
        return Finding(name, True, text, {"name": name, "path": path})
    facts: dict[str, object] = {"name": name, "url": base + path}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
            session.post(base + path, data=b"{}") as response,
        ):
            facts["status"] = response.status
            # Of our own server: the address is there, but its settings do not open it.
            closed = response.status == 404 and response.content_type == "application/json"
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        text = Text(
            "{name}：回调地址 {url} 无法访问（{why}）。请检查域名、证书与反向代理。",
            "{name}: the callback {url} cannot be reached ({why}). Check name, certificate, proxy.",
        )
        return Finding(name, False, text, {**facts, "why": type(error).__name__})
    if closed:
        text = Text(
            "{name}：{url} 可以访问，但没有相应的设置，未启用",
            "{name}: {url} is reached, but no setting opens it",
        )
        return Finding(name, True, text, facts)
    if facts["status"] in {400, 401, 403}:
        text = Text("{name}：回调地址 {url} 可以访问", "{name}: the callback {url} is reached")
        return Finding(name, True, text, facts)
    text = Text(
        "{name}：{url} 回答了 {status}，不是本程序的回调地址。请检查反向代理。",
        "{name}: {url} answered {status}; that is not our callback. Check the proxy.",
    )
    return Finding(name, False, text, facts)


async def _flow(program: Program) -> Finding:
    async with program.db.transaction() as session:
        found = await customers.stats(session)
    failed = found["inbox"]["failed"] + found["outbox"]["failed"]
    return Finding(
        "flow",
        failed == 0,
        Text(
            "等待处理 {waiting}，待发送 {sending}，失败 {failed}",
            "{waiting} to be filed, {sending} to be sent, {failed} failed",
        ),
        {
            "waiting": found["inbox"]["waiting"],
            "sending": found["outbox"]["waiting"],
            "failed": failed,
        },
    )
