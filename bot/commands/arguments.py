"""Words → typed arguments: codes, dates, money, people, and names with a choice where unclear."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from rapidfuzz import fuzz, process

from bot import people as actors
from bot.commands import forms, scalars
from bot.commands.registry import Answers, Ask, Command, CommandError, Hours, Param, Percent, Rest
from bot.contract import Button
from bot.domain import names
from bot.domain.command_line import Word, folded, said, split, value_of
from bot.texts import Text
from storage import customers, people, projects, talk
from storage.tables import Conversation, Customer, Interaction, Project, Task, User

_MISSING = Text("还缺：{name}。", "Still missing: {name}.")
_LEFT = Text("看不懂「{words}」。\n用法：{usage}", "I do not understand “{words}”.\nUsage: {usage}")
_NO_SUCH = Text("没有找到{what}「{name}」。", "There is no {what} “{name}”.")
_WHICH = Text("「{name}」可能是以下几个，请选择：", "“{name}” may be one of these; choose:")
_BAD_VALUE = Text("「{value}」不能作为{name}。", "“{value}” cannot be {name}.")
_BAD_CHOICE = Text("{name}只能是：{choices}。", "{name} can only be one of: {choices}.")
_NEAR: Final = 78.0
_ENTITIES: Final = (Customer, Project, User, Task, Interaction)


async def read(ask: Ask, command: Command, words: Sequence[Word]) -> dict[str, Any]:
    """The arguments of a command from the words behind its name.

    Values that show by themselves what they are (`due:…`, `@name`, codes, dates, amounts) may stand
    anywhere; what is left goes to the other parameters in order, the last text taking the rest.
    """
    left = list(words)
    values: dict[str, Any] = {}
    await _take_keys(ask, command, left, values)
    for param in command.params:
        if param.name not in values:
            await _take_plain(ask, param, left, values)
    for param in command.params:
        if param.name not in values:
            await _take_next(ask, command, param, left, values)
    if left:
        shown = " ".join(word.text for word in left)
        raise CommandError(_LEFT, words=shown, usage=command.usage(ask.language))
    await _fill(ask, command, values)
    return values


async def _take_keys(ask: Ask, command: Command, left: list[Word], values: dict[str, Any]) -> None:
    for word in list(left):
        if not word.key:
            continue
        for param in command.params:
            labels = {param.name, param.text.zh.casefold(), param.text.en.casefold()}
            if word.key in labels and param.name not in values:
                values[param.name] = await _value(ask, param, value_of(word))
                left.remove(word)
                break
    for param in command.params:
        if param.kind is Answers and param.name not in values and any(word.key for word in left):
            values[param.name] = _answers(left)
            left[:] = [word for word in left if not word.key]


def _answers(words: Sequence[Word]) -> dict[str, str]:
    return {word.key: value_of(word) for word in words if word.key}


async def _take_plain(ask: Ask, param: Param, left: list[Word], values: dict[str, Any]) -> None:
    """A value that can be nothing else, wherever it stands."""
    for length in (3, 2, 1):
        for at in range(len(left) - length + 1):
            run = left[at : at + length]
            if any(word.quoted or word.key for word in run):
                continue
            found = await _plain(ask, param, " ".join(word.text for word in run), length)
            if found is not None:
                values[param.name] = found
                del left[at : at + length]
                return


async def _plain(ask: Ask, param: Param, text: str, length: int) -> Any:
    if param.kind in (date, datetime):
        return scalars.scalar(ask, param, text)
    if length > 1:
        return None
    if param.kind is User and text.startswith("@"):
        return await user_named(ask, text)
    if param.kind is Decimal:
        return scalars.money(text)
    if param.kind is Hours:
        return scalars.hours(text)
    if param.kind is Percent and re.fullmatch(r"\d{1,3}[%％]", folded(text)):
        return scalars.percent(text)
    if param.choices:
        return scalars.choice(param.choices, text)
    if param.kind is Customer and re.search(r"\d", text):
        return await customers.by_code(ask.session, ask.actor.scope, folded(text))
    if param.kind is Project and re.search(r"\d", text):
        return await projects.by_code(ask.session, ask.actor.scope, folded(text))
    if param.kind is Task and re.fullmatch(r"[Tt]-\d+", folded(text)):
        return await _task(ask, text)
    return None


async def _take_next(
    ask: Ask, command: Command, param: Param, left: list[Word], values: dict[str, Any]
) -> None:
    # A chat is named with its key only: `chat:hook:site`.
    if not left or param.kind in (date, datetime, Conversation, Answers):
        return
    if param.kind is Decimal and param.optional:
        return
    if param.kind is Rest or (param.kind is str and _last_text(command, param)):
        # Entities behind the text still need a word each, if nothing has filled them.
        values[param.name] = said(left)
        left.clear()
        return
    if param.choices and param.optional:
        return
    others = [p for p in command.params if p.name not in values and p is not param]
    bound = _fallback(ask, param) is not None or (
        param.kind is Interaction and ask.about is not None
    )
    if param.kind in _ENTITIES and (bound or (param.optional and others)):
        # The chat says which one is meant, or the word is another parameter's: only an exact name
        # is taken for this one.
        found = await _exactly(ask, param, left[0].text)
        if found is not None:
            values[param.name] = found
            left.pop(0)
        return
    values[param.name] = await _value(ask, param, left[0].text)
    left.pop(0)


def _last_text(command: Command, param: Param) -> bool:
    texts = [p for p in command.params if p.kind in (str, Rest)]
    later = command.params[command.params.index(param) + 1 :]
    return texts[-1] is param and not any(p.kind in _ENTITIES and not p.optional for p in later)


async def _exactly(ask: Ask, param: Param, text: str) -> Any:
    """The row that a word names beyond doubt; None where it names none, or several."""
    session, scope, norm = ask.session, ask.actor.scope, names.normal(text)
    near: Sequence[Any] = []
    if param.kind is Customer:
        coded = await customers.by_code(session, scope, folded(text))
        near = [coded] if coded else await customers.named(session, scope, norm, exact=True)
    elif param.kind is Project:
        coded = await projects.by_code(session, scope, folded(text))
        near = [coded] if coded else await projects.named(session, scope, norm, exact=True)
    elif param.kind is User and text.startswith("@"):
        near = [await user_named(ask, text)]
    elif param.kind is Task and re.fullmatch(r"[Tt]-\d+", folded(text)):
        near = [await _task(ask, text)]
    elif param.kind is Interaction and re.fullmatch(r"#\d+", folded(text)):
        near = [await _interaction(ask, text)]
    return near[0] if len(near) == 1 else None


def _fallback(ask: Ask, param: Param) -> int | None:
    """The customer or project that this chat is bound to."""
    if ask.chat is None:
        return None
    if param.kind is Project:
        return ask.chat.project_id
    return ask.chat.customer_id if param.kind is Customer else None


async def _fill(ask: Ask, command: Command, values: dict[str, Any]) -> None:
    """Defaults: what the chat is bound to, then the declared ones; else the missing one is named."""
    for param in command.params:
        if param.name in values:
            continue
        bound = _fallback(ask, param)
        named = any(p.kind in (Customer, Project) for p in command.params if p.name in values)
        if bound is not None and not (named and param.optional):
            rows = (
                await projects.listed(ask.session, ask.actor.scope)
                if param.kind is Project
                else await customers.with_ids(ask.session, ask.actor.scope, [bound])
            )
            found = next((row for row in rows if row.id == bound), None)
            if found is not None:
                values[param.name] = found
                continue
        if param.kind is Interaction and ask.about is not None:
            values[param.name] = ask.about
            continue
        if not param.optional:
            raise CommandError(
                _MISSING,
                form=forms.of(ask, command, values),
                name=ask.t(param.text),
            )
        values[param.name] = param.default


async def _value(ask: Ask, param: Param, text: str) -> Any:
    """A word as a parameter's type; raises `CommandError` in words that help."""
    found: Any = None
    if param.kind is Customer:
        return await customer_named(ask, text)
    if param.kind is Project:
        return await project_named(ask, text)
    if param.kind is User:
        return await user_named(ask, text)
    if param.kind is Task:
        return await _task(ask, text)
    if param.kind is Interaction:
        return await _interaction(ask, text)
    if param.kind is Conversation:
        return await _chat(ask, text)
    if param.kind in (str, Rest):
        return text
    if param.kind is Answers:
        return _answers(split(text))
    if param.choices:
        found = scalars.choice(param.choices, text)
        if found is None:
            raise CommandError(
                _BAD_CHOICE, name=ask.t(param.text), choices=scalars.choices(ask, param.choices)
            )
        return found
    found = scalars.scalar(ask, param, text)
    if found is None:
        raise CommandError(_BAD_VALUE, value=text, name=ask.t(param.text))
    return found


async def customer_named(ask: Ask, text: str) -> Customer:
    """The customer a word means: by code, by name, or the one that is near enough."""
    scope = ask.actor.scope
    if found := await customers.by_code(ask.session, scope, folded(text)):
        return found
    near = list(await customers.named(ask.session, scope, names.normal(text)))
    if not near:
        listed = await customers.all_names(ask.session, scope)
        near = list(await customers.with_ids(ask.session, scope, _near(text, listed)))
    return _one(ask, text, near, Text("客户", "customer"), "customer")


async def project_named(ask: Ask, text: str) -> Project:
    scope = ask.actor.scope
    if found := await projects.by_code(ask.session, scope, folded(text)):
        return found
    near = list(await projects.named(ask.session, scope, names.normal(text)))
    if not near:
        all_ = await projects.listed(ask.session, scope, limit=5000)
        ids = _near(text, [(p.id, names.normal(p.name)) for p in all_])
        near = [p for p in all_ if p.id in ids]
    return _one(ask, text, near, Text("项目", "project"), "project")


def _near(text: str, listed: Sequence[tuple[int, str]]) -> list[int]:
    found = process.extract(
        names.normal(text),
        {i: norm for i, (_, norm) in enumerate(listed)},
        scorer=fuzz.ratio,
        score_cutoff=_NEAR,
        limit=5,
    )
    return list(dict.fromkeys(listed[i][0] for _, _, i in found))


def _one(ask: Ask, text: str, near: Sequence[Any], what: Text, family: str) -> Any:
    if not near:
        raise CommandError(_NO_SUCH, what=ask.t(what), name=text)
    if len(near) > 1:
        buttons = tuple(
            Button(label=f"{row.code} {row.name}", command=f"/{family} {row.code}") for row in near
        )
        raise CommandError(_WHICH, buttons, name=text)
    return near[0]


async def user_named(ask: Ask, text: str) -> User:
    """The member a word means: a name, part of one, a mail address, or oneself."""
    if text.strip("@").casefold() in {"me", "我", "自己"} and ask.actor.user_id is not None:
        me = await ask.session.get(User, ask.actor.user_id)
        if me is not None:
            return me
    # A mention that a platform told has its name's blanks joined, so that it is one word.
    text = text.replace("\xa0", " ")
    found = await people.user_named(ask.session, text)
    if found is not None:
        return found
    wanted = text.strip("@").casefold()
    all_ = await people.all_users(ask.session)
    near = [user for user in all_ if wanted and wanted in user.name.casefold()]
    if len(near) == 1:
        return near[0]
    if near:
        buttons = tuple(Button(label=user.name, command="") for user in near)
        raise CommandError(_WHICH, buttons, name=text)
    raise CommandError(_NO_SUCH, what=ask.t(Text("成员", "member")), name=text)


async def _task(ask: Ask, text: str) -> Task:
    plain = re.sub(r"^[Tt]-|^#", "", folded(text))
    found = (
        await projects.task(ask.session, ask.actor.scope, int(plain))
        if plain.isdecimal() and len(plain) < 18
        else None
    )
    if found is None:
        raise CommandError(_NO_SUCH, what=ask.t(Text("任务", "task")), name=text)
    return found


async def _interaction(ask: Ask, text: str) -> Interaction:
    plain = folded(text).lstrip("#")
    found = (
        await talk.interaction(ask.session, ask.actor.scope, int(plain))
        if plain.isdecimal() and len(plain) < 18
        else None
    )
    if found is None:
        raise CommandError(_NO_SUCH, what=ask.t(Text("往来记录", "item")), name=text)
    return found


def role_named(ask: Ask, text: str) -> str:
    """The role a word means, in either language."""
    code = actors.role_code(text)
    if code is None:
        raise CommandError(
            _BAD_CHOICE,
            name=ask.t(Text("角色", "role")),
            choices=", ".join(ask.t(name) for name in actors.ROLE_NAMES.values()),
        )
    return code


async def _chat(ask: Ask, text: str) -> Conversation:
    """The chat named as `channel:id`; made where whoever may bind chats names a new one."""
    channel, _, chat = folded(text).partition(":")
    found = await talk.conversation(ask.session, channel, chat) if chat else None
    may = ask.actor.may("chat.bind") and await _sees(ask, found)
    if found is None and chat and may:
        found = await talk.open_conversation(ask.session, channel, chat)
    # Members' own chats are nobody else's.
    if found is None or not may or (channel == actors.HOME and found != ask.chat):
        raise CommandError(_NO_SUCH, what=ask.t(Text("聊天", "chat")), name=text)
    return found


async def _sees(ask: Ask, chat: Conversation | None) -> bool:
    """Whether the asker may see the customer that a chat is bound to."""
    if chat is None or chat.customer_id is None:
        return True
    return bool(await customers.with_ids(ask.session, ask.actor.scope, [chat.customer_id]))
