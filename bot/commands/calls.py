"""Calls: the card of one, and a person's hand on it: speakers, lines, hearing it anew, consent."""

from collections.abc import Sequence
from typing import Annotated

from sqlmodel import select

from bot.commands import minutes
from bot.commands.minutes import speaker
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Segment, Transcript
from bot.pipeline import changes, hearing
from bot.pipeline.file import transcript_json
from bot.pipeline.hearing import AGENT, CUSTOMER
from bot.texts import Text
from storage import talk
from storage.tables import Contact, Customer, Interaction

_ITEM = Text("编号", "item")
_SPEAKER = Text("说话人", "speaker")
_SIDES = {"我方": AGENT, "our side": AGENT, "客户": CUSTOMER, "customer": CUSTOMER}
_NO_WORDS = Text("#{number} 没有转写内容。", "#{number} has no transcript.")
_UNDO = Text("撤销", "Undo")


@command(
    "call",
    zh="通话",
    reads=True,
    permission="talk.read",
    help=Text("一通电话的要点、情绪和待办", "what a call came to: mood, things to do"),
)
async def call(ask: Ask, item: Annotated[Interaction, _ITEM]) -> Notice:
    _transcript(item)
    page = ask.host.link(f"/talks/{item.id}") if ask.host else ""
    return minutes.notice(await minutes.of(ask.session, item), ask.language, page)


@command(
    "speaker",
    zh="说话人",
    permission="talk.file",
    help=Text(
        "给通话中的说话人改名；「我方」「客户」两个名字决定情绪算谁的",
        "rename a speaker of a call; “our side” and “customer” say whose mood counts",
    ),
)
async def rename(
    ask: Ask,
    item: Annotated[Interaction, _ITEM],
    before: Annotated[str, _SPEAKER],
    after: Annotated[Rest, Text("新名字", "new name")],
) -> Notice:
    transcript = _transcript(item)
    old, new = _side(before), _side(after)
    if old not in {part.speaker for part in transcript.segments}:
        known = ", ".join(
            sorted({speaker(part.speaker, ask.language) for part in transcript.segments})
        )
        raise CommandError(
            Text(
                "没有说话人「{name}」，有：{known}。", "There is no “{name}”; there are: {known}."
            ),
            name=before,
            known=known,
        )
    # Two sides that were mixed up change places in one go.
    names = {old: new, new: old}
    parts = [
        part.model_copy(update={"speaker": names.get(part.speaker, part.speaker)})
        for part in transcript.segments
    ]
    await _changed(ask, item, transcript, parts, "interaction.speaker")
    return ask.notice(
        text=ask.t(
            Text("#{number}：「{old}」现在是「{new}」。", "#{number}: “{old}” is “{new}” now."),
            number=item.id,
            old=speaker(old, ask.language),
            new=speaker(new, ask.language),
        ),
        level=Level.GOOD,
        buttons=[Button(label=ask.t(_UNDO), command="/undo")],
    )


def _side(name: str) -> str:
    """The side that a word means, the number of a voice, else the name itself."""
    bare = " ".join(name.split())[:40]
    return _SIDES.get(bare.lower(), bare.removeprefix("声音").removeprefix("voice").strip() or bare)


@command(
    "fix",
    zh="更正转写",
    permission="talk.file",
    help=Text("更正转写里的一行，原文保留", "correct a line of a transcript; what it said is kept"),
)
async def fix(
    ask: Ask,
    item: Annotated[Interaction, _ITEM],
    line: Annotated[int, Text("行", "line")],
    words: Annotated[Rest, Text("内容", "words")],
) -> Notice:
    transcript = _transcript(item)
    parts = list(transcript.segments)
    if not 1 <= line <= len(parts):
        raise CommandError(
            Text("只有 1 到 {last} 行。", "There are lines 1 to {last}."), last=len(parts)
        )
    said = " ".join(words.split())
    if not said:
        raise CommandError(Text("请写出这一行的内容。", "Write what the line says."))
    # The times of single words fit the old words alone.
    parts[line - 1] = parts[line - 1].model_copy(update={"text": said, "words": ()})
    await _changed(ask, item, transcript, parts, "interaction.fixed")
    return ask.notice(
        text=ask.t(
            Text("#{number} 第 {line} 行已更正。", "#{number}: line {line} is corrected."),
            number=item.id,
            line=line,
        ),
        level=Level.GOOD,
        buttons=[Button(label=ask.t(_UNDO), command="/undo")],
    )


async def _changed(
    ask: Ask,
    item: Interaction,
    transcript: Transcript,
    parts: Sequence[Segment],
    action: str,
) -> None:
    await talk.keep_version(ask.session, item, "corrected")
    made = transcript.model_copy(update={"segments": tuple(parts)})
    item.transcript = transcript_json(made)
    changes.understand(item, made.text, felt=hearing.customers_words(made))
    ask.session.add(item)
    ask.wrote(action, item)


@command(
    "again",
    zh="重新转写",
    permission="talk.file",
    final=True,
    help=Text("把录音重新转写一遍，原文保留", "transcribe a recording anew; what it said is kept"),
)
async def again(ask: Ask, item: Annotated[Interaction, _ITEM]) -> Notice:
    if item.status == "waiting_for_model":
        raise CommandError(
            Text("#{number} 正在等待转写。", "#{number} waits to be transcribed."), number=item.id
        )
    files = (await talk.attachments(ask.session, [item.id])).get(item.id, [])
    if ask.host is None or not any(
        file.sha256 and file.type.startswith("audio/") for file in files
    ):
        raise CommandError(
            Text("#{number} 没有录音。", "#{number} has no recording."), number=item.id
        )
    await ask.host.transcribe_again(ask, item)
    ask.wrote("interaction.again", item)
    return ask.say(
        Text(
            "#{number} 已排在最前，马上重新转写。", "#{number} is first in line to be transcribed."
        ),
        number=item.id,
    )


@command(
    "keep",
    zh="保留",
    permission="talk.file",
    help=Text("录音到期也不删除；再说一次则取消", "never delete a recording by age; again: do"),
)
async def keep(ask: Ask, item: Annotated[Interaction, _ITEM]) -> Notice:
    item.kept = not item.kept
    ask.session.add(item)
    ask.wrote("interaction.kept", item, kept=item.kept)
    text = (
        Text("#{number} 的录音不会按期删除。", "The recording of #{number} is not deleted by age.")
        if item.kept
        else Text("#{number} 的录音到期删除。", "The recording of #{number} is deleted by age.")
    )
    return ask.say(text, Level.GOOD, number=item.id)


@command(
    "consent",
    zh="录音同意",
    permission="customer.write",
    help=Text(
        "记下联系人同意录音：何时、如何；留空查看",
        "note that a contact agreed to be recorded, and how; without words: show it",
    ),
)
async def consent(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    name: Annotated[str, Text("联系人", "contact")],
    words: Annotated[Rest, Text("说明", "words")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    contact = (
        await ask.session.exec(
            select(Contact).where(Contact.customer_id == customer.id, Contact.name == name.strip())
        )
    ).first()
    if contact is None:
        raise CommandError(
            Text("{customer} 没有联系人「{name}」。", "{customer} has no contact “{name}”."),
            customer=customer.name,
            name=name,
        )
    if words.strip():
        contact.consent, contact.consent_at = words.strip(), ask.now
        ask.session.add(contact)
        await ask.session.flush()
        ask.wrote("contact.consent", contact, words=words)
    return ask.notice(
        title=ask.t(Text("{name} 的录音同意", "{name}: consent to be recorded"), name=contact.name),
        text=contact.consent or ask.t(Text("没有记录。", "Nothing is noted.")),
    )


def _transcript(item: Interaction) -> Transcript:
    found = hearing.stored(item.transcript)
    if found is None:
        raise CommandError(_NO_WORDS, number=item.id)
    return found
