"""A language model behind any server that speaks OpenAI's chat completions.

It is asked for one JSON object that fits a schema, never with tools at hand.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
from pydantic import ValidationError

from adapters.llm import fitting, wording
from adapters.llm.limits import Breaker, Limits, Spending
from adapters.llm.server import Failed, NotTaken, Reply, Server
from adapters.llm.settings import ModelSettings
from bot import clock, log
from bot.clock import Clock
from bot.contract import Answer, Asked, Cursors, NoModel, Ports

_log = log.get("llm")


def build(settings: dict[str, Any], ports: Ports) -> "Model":
    """Entry point `keqing.llm`: see `contract.ModelFactory`. Raises `ValueError`."""
    try:
        return Model(ModelSettings(**settings), ports.cursors)
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
        cursors: Cursors,
        *,
        limits: Limits | None = None,
        clock: Clock = clock.now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on = bool(settings.base_url)
        self._name = settings.model
        limits = limits or Limits()
        self._server = Server(settings, limits)
        self._spending = Spending(cursors, settings.budget_per_day, clock)
        self._breaker = Breaker(limits, ticks)
        self._answers = _Answers(limits.answers)
        self._schema_in_words = False
        """Whether the server has turned down a schema beside the question."""

    async def ask(self, asked: Asked) -> Answer:
        """Raises `NoModel`. An answer that is known already costs no tokens and says so."""
        fitting.check_schema(asked.schema)
        if not self.on:
            raise NoModel("no language model is set up")
        key = _key(self._name, asked)
        known = self._answers.get(key)
        if known is not None:
            return Answer(known, self._name, 0)
        await self._spending.check()
        self._breaker.check()
        try:
            answer = await self._answer(asked)
        except NoModel as error:
            _log.info("llm.no_answer", purpose=asked.purpose, why=str(error))
            raise
        self._answers.put(key, answer.value)
        _log.info("llm.answered", purpose=asked.purpose, model=self._name, tokens=answer.tokens)
        return answer

    async def _answer(self, asked: Asked) -> Answer:
        try:
            messages, in_words, reply = await self._first(asked)
            tokens = reply.tokens
            try:
                return Answer(_value(reply, asked), self._name, tokens)
            except fitting.Misfit as misfit:
                messages = wording.again(messages, reply.text, str(misfit))
            reply = await self._reply(messages, asked, in_words)
            return Answer(_value(reply, asked), self._name, tokens + reply.tokens)
        except NotTaken as error:
            raise NoModel(str(error)) from None
        except fitting.Misfit:
            raise NoModel("an answer that does not fit, twice") from None

    async def _first(self, asked: Asked) -> tuple[wording.Messages, bool, Reply]:
        """What was asked, whether with the schema in words, and the reply."""
        if not self._schema_in_words:
            messages = wording.question(asked, schema_in_words=False)
            with suppress(NotTaken):  # perhaps for the schema
                return messages, False, await self._reply(messages, asked, in_words=False)
        messages = wording.question(asked, schema_in_words=True)
        reply = await self._reply(messages, asked, in_words=True)
        if not self._schema_in_words:
            self._schema_in_words = True
            _log.info("llm.takes_no_schema")
        return messages, True, reply

    async def _reply(self, messages: wording.Messages, asked: Asked, in_words: bool) -> Reply:
        strict = fitting.strict(asked.schema)
        form = wording.answer_format(asked, schema_in_words=in_words, strict=strict)
        try:
            reply = await self._server.reply(messages, form)
        except Failed as failed:
            self._breaker.failed()
            raise NoModel(str(failed)) from None
        except NotTaken:
            self._breaker.worked()
            raise
        # What stands in an answer is no sign of a server in trouble: a customer's words could
        # provoke it, and would switch the model off for all.
        self._breaker.worked()
        await self._spending.add(reply.tokens)
        return reply


def _value(reply: Reply, asked: Asked) -> dict[str, Any]:
    if not reply.text:
        raise NoModel("no answer, or a call of tools")
    return fitting.read(reply.text, asked.schema)


def _key(model: str, asked: Asked) -> bytes:
    """A digest: customers' words are not kept."""
    data = asked.data.encode("utf-8", "surrogatepass").hex()
    parts = [model, asked.system, data, asked.schema]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()


class _Answers:
    """The latest answers, as JSON: who changes what they got changes their copy."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, key: bytes) -> dict[str, Any] | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return orjson.loads(self._kept[key])

    def put(self, key: bytes, value: dict[str, Any]) -> None:
        self._kept[key] = orjson.dumps(value)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
