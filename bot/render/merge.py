"""Several notices as one, where a platform lets fewer messages through than there are."""

from collections.abc import Sequence
from typing import Final

from bot.contract import Level, Notice
from bot.render import plain
from bot.texts import Text

MOST: Final = 20
MOST_CHARACTERS: Final = 3000
_TITLE = Text("{count} 条消息", "{count} messages")


def choose(notices: Sequence[Notice], alone: Sequence[bool]) -> list[int]:
    """Which of the notices go together, the first of them among these; the others wait.

    A table, a form, a decision, or one that is `alone` (it belongs to a thread) is never merged.
    """
    if alone[0] or not _plain(notices[0]):
        return [0]
    chosen = [0]
    size = len(plain.text(notices[0]))
    for index, notice in enumerate(notices[1:], 1):
        size += len(plain.text(notice))
        if len(chosen) >= MOST or size > MOST_CHARACTERS:
            break
        fits = notice.audience is notices[0].audience and notice.language == notices[0].language
        if fits and _plain(notice) and not alone[index]:
            chosen.append(index)
    return chosen


def _plain(notice: Notice) -> bool:
    return not (notice.table or notice.form or any(button.once for button in notice.buttons))


def merged(notices: Sequence[Notice]) -> Notice:
    """One notice that says what these say, the loudest level of them."""
    first = notices[0]
    if len(notices) == 1:
        return first
    loudest = max((notice.level for notice in notices), key=list(Level).index)
    return Notice(
        audience=first.audience,
        level=loudest,
        title=_TITLE.in_(first.language, count=len(notices)),
        text="\n\n".join(f"■ {plain.text(notice)}" for notice in notices),
        language=first.language,
    )
