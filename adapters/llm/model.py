"""A language model behind any server that speaks OpenAI's chat completions.

It is asked for one JSON object that fits a schema, or for one call of the tools that are given.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from pydantic import ValidationError

from adapters.llm import doctor, outcome, wording
from adapters.llm.fitting import Misfit
from adapters.llm.hearing import Hearing
from adapters.llm.limits import Away, Breaker, Limits
from adapters.llm.outcome import Outcome
from adapters.llm.reply import Reply
from adapters.llm.server import Failed, NotTaken, Server
from adapters.llm.settings import ModelSettings
from adapters.llm.spending import Meter, Spending
from adapters.llm.wording import Way
from bot import clock, log
from bot.clock import Clock
from bot.contract import Answer, Asked, Call, Check, Heard, Ledger, NoModel, Ports

_log = log.get("llm")
_WAYS: Final = {
    "plain": wording.PLAIN,
    "streamed": wording.STREAMED,
    "tools": wording.WITH_TOOLS,
}


def build(settings: dict[str, Any], ports: Ports, ledger: Ledger) -> "Model":  # noqa: ARG001 - as every factory
    """Entry point `keqing.llm`: see `contract.ModelFactory`. Raises `ValueError`."""
    try:
        return Model(ModelSettings(**settings), ledger)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        variable = f"KEQING_LLM__{place.upper()}"
        raise ValueError(f"llm.{place} ({variable}): {first['msg']}") from None


class Model:
    """See `contract.LanguageModel`."""

    def __init__(
        self,
        settings: ModelSettings,
        ledger: Ledger,
        *,
        limits: Limits | None = None,
        clock: Clock = clock.now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on = bool(settings.base_url)
        self.masks = settings.mask
        self._name = settings.model
        limits = limits or Limits()
        self._server = Server(settings, limits)
        self._spending = Spending(ledger, settings, clock)
        self._breaker = Breaker(limits, ticks)
        self._answers = _Answers(limits.answers)
        self._best = dict.fromkeys(_WAYS, 0)
        """The first way to ask that the server has not turned down, by kind of question."""

    async def ask(self, asked: Asked, heard: Heard | None = None) -> Answer:
        """Raises `NoModel`. An answer that is known already costs no tokens and says so."""
        outcome.check(asked)
        if not self.on:
            raise NoModel("no language model is set up")
        hearing = Hearing(asked, heard)
        key = _key(self._name, asked)
        known = self._answers.get(key)
        if known is not None:
            hearing.ends(known[0])
            return Answer(known[0], self._name, 0, known[1])
        await self._spending.check(asked.user_id)
        self._breaker.check()
        value, call, tokens = await self._accounted(asked, hearing)
        self._answers.put(key, (value, call))
        hearing.ends(value)
        _log.info("llm.answered", purpose=asked.purpose, model=self._name, tokens=tokens)
        return Answer(value, self._name, tokens, call)

    async def check(self) -> Sequence[Check]:
        """What `keqing doctor` shows; it costs no tokens."""
        if not self.on:
            return []
        return await doctor.checks(self._server, self._name, await self._spending.left())

    async def _accounted(
        self, asked: Asked, hearing: Hearing
    ) -> tuple[dict[str, Any], Call | None, int]:
        spent, failed = Meter(), True
        try:
            value, call = await self._answer(asked, hearing, spent)
            failed = False
        except NoModel as error:
            _log.info("llm.no_answer", purpose=asked.purpose, why=str(error))
            raise
        finally:
            await self._spending.add(asked, spent, failed=failed)
        return value, call, spent.tokens

    async def _answer(self, asked: Asked, hearing: Hearing, spent: Meter) -> Outcome:
        try:
            way, messages, reply = await self._first(asked, hearing, spent)
            try:
                return outcome.read(reply, asked, way)
            except Misfit as misfit:
                messages = wording.again(messages, reply, str(misfit), way)
            reply = await self._reply(asked, way, messages, hearing, spent)
            return outcome.read(reply, asked, way)
        except NotTaken as error:
            raise NoModel(str(error)) from None
        except Misfit:
            raise NoModel("an answer that does not fit, twice") from None

    async def _first(
        self, asked: Asked, hearing: Hearing, spent: Meter
    ) -> tuple[Way, wording.Messages, Reply]:
        """How it was asked, what, and the reply: by the best way that the server takes."""
        kind = "tools" if asked.tools else "streamed" if hearing.listens else "plain"
        *better, last = enumerate(_WAYS[kind])
        for number, way in better[self._best[kind] :]:
            messages = wording.question(asked, way)
            try:
                reply = await self._reply(asked, way, messages, hearing, spent)
            except NotTaken:  # perhaps for the way
                continue
            self._takes(kind, number)
            return way, messages, reply
        number, way = last
        messages = wording.question(asked, way)
        reply = await self._reply(asked, way, messages, hearing, spent)
        self._takes(kind, number)
        return way, messages, reply

    def _takes(self, kind: str, number: int) -> None:
        if number > self._best[kind]:
            self._best[kind] = number
            _log.info("llm.takes_less", kind=kind, way=number)

    async def _reply(
        self,
        asked: Asked,
        way: Way,
        messages: wording.Messages,
        hearing: Hearing,
        spent: Meter,
    ) -> Reply:
        try:
            request = wording.request(asked, way, messages)
            reply = await self._server.reply(request, hearing.begins)
        except Failed as failed:
            self._breaker.failed()
            raise Away(str(failed)) from None
        except NotTaken:
            self._breaker.worked()
            raise
        # What stands in an answer is no sign of a server in trouble: a customer's words could
        # provoke it, and would switch the model off for all.
        self._breaker.worked()
        spent.add(reply)
        return reply


def _key(model: str, asked: Asked) -> bytes:
    """A digest: customers' words are not kept."""
    data = asked.data.encode("utf-8", "surrogatepass").hex()
    tools = [[one.name, one.text, one.parameters] for one in asked.tools]
    parts = [model, asked.system, data, asked.schema, tools]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()


class _Answers:
    """The latest answers, as JSON: who changes what they got changes their copy."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, key: bytes) -> Outcome | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        value, call = orjson.loads(self._kept[key])
        return value, Call(*call) if call else None

    def put(self, key: bytes, outcome: Outcome) -> None:
        value, call = outcome
        told = [call.tool, call.arguments] if call else None
        self._kept[key] = orjson.dumps([value, told])
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
