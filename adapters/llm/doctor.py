"""What `keqing doctor` asks the model's server, and what to do where something is missing."""

from collections.abc import Sequence
from typing import Final

from adapters.llm.server import Failed, NotTaken, Server
from bot.contract import Check
from bot.texts import Text, listed

_SHOWN: Final = 5
_THERE: Final = Text("语言模型可用：{model}", "the language model is there: {model}")
_UNLISTED: Final = Text(
    "语言模型的服务可以访问，但不列出模型，无法核对 {model}",
    "the language model's server is reached, but lists no models to find {model} in",
)
_UNKNOWN: Final = Text(
    "语言模型的服务没有模型 {model}，请修改 KEQING_LLM__MODEL。它有：{has}",
    "the language model's server has no model {model}; set KEQING_LLM__MODEL. It has: {has}",
)
_KEY: Final = Text(
    "语言模型的服务不接受密钥（{status}），请检查 KEQING_LLM__API_KEY",
    "the language model's server does not take the key ({status}); check KEQING_LLM__API_KEY",
)
_AWAY: Final = Text(
    "语言模型的服务无法使用（{why}），请检查 KEQING_LLM__BASE_URL 和网络",
    "the language model's server does not work ({why}); check KEQING_LLM__BASE_URL and the network",
)
_LEFT: Final = Text(
    "语言模型今天还可用 {tokens} 个 token", "{tokens} tokens are left for the language model today"
)
_SPENT: Final = Text(
    "语言模型今天的用量已满，明天（UTC）恢复；上限是 KEQING_LLM__BUDGET_PER_DAY",
    "the language model's budget of today is spent, until tomorrow (UTC); the limit is "
    "KEQING_LLM__BUDGET_PER_DAY",
)
_ENDLESS: Final = Text(
    "语言模型的用量没有上限（KEQING_LLM__BUDGET_PER_DAY）",
    "the language model's use has no limit (KEQING_LLM__BUDGET_PER_DAY)",
)


async def checks(server: Server, model: str, left: int | None) -> Sequence[Check]:
    """`left`: tokens that are left of the day's budget; None: there is no limit."""
    return [await _server(server, model), _budget(left)]


async def _server(server: Server, model: str) -> Check:
    try:
        has = await server.models()
    except NotTaken:
        return Check(ok=True, text=_UNLISTED, facts={"model": model})
    except Failed as failed:
        return _trouble(failed, model)
    if not has:
        return Check(ok=True, text=_UNLISTED, facts={"model": model})
    if model not in has:
        shown = listed([*has[:_SHOWN], *(["…"] if len(has) > _SHOWN else [])], "en")
        return Check(ok=False, text=_UNKNOWN, facts={"model": model, "has": shown})
    return Check(ok=True, text=_THERE, facts={"model": model})


def _trouble(failed: Failed, model: str) -> Check:
    if failed.status in {401, 403}:
        return Check(ok=False, text=_KEY, facts={"status": failed.status})
    if failed.status in {404, 405}:
        return Check(ok=True, text=_UNLISTED, facts={"model": model})
    return Check(ok=False, text=_AWAY, facts={"why": str(failed)})


def _budget(left: int | None) -> Check:
    if left is None:
        return Check(ok=True, text=_ENDLESS)
    if not left:
        return Check(ok=False, text=_SPENT)
    return Check(ok=True, text=_LEFT, facts={"tokens": left})
