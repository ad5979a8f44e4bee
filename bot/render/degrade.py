"""A notice as a channel can show it: what it cannot is said in words, nothing is left out."""

from collections.abc import Collection

from bot.contract import Can, Notice
from bot.render import plain


def degrade(notice: Notice, can: Collection[Can]) -> Notice:
    """The notice without what the channel cannot show; words stand in its place."""
    lines: list[str] = [notice.text] if notice.text else []
    changed: dict[str, object] = {}
    if notice.table and Can.TABLES not in can:
        lines += plain.table(notice.table, notice.language)
        changed["table"] = None
    if notice.chart and Can.CHARTS not in can:
        lines += plain.picture(notice.chart)
        changed["chart"] = None
    if notice.files and Can.FILES not in can:
        lines += plain.files(notice)
        changed["files"] = ()
    if notice.buttons and Can.BUTTONS not in can:
        lines += [plain.button(one, notice.language) for one in notice.buttons]
        changed["buttons"] = ()
    if notice.form and Can.FORMS not in can:
        lines.append(plain.usage(notice))
        changed["form"] = None
    if not changed:
        return notice
    return notice.model_copy(update={**changed, "text": "\n".join(lines)})
