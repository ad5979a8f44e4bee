"""Notice → plain words, for channels and places that show nothing else."""

from bot.contract import Button, Gantt, Notice, Picture, Table
from bot.render import gantt
from bot.texts import Text

_SAY = Text("回复 {command}", "reply {command}")
_BETWEEN = Text("：", ": ")
_FILE = Text("附件：{name}", "File: {name}")


def text(notice: Notice) -> str:
    """The whole notice as lines of text; buttons become the commands that they say."""
    parts = [notice.title, *body(notice)]
    if notice.form:
        parts += [notice.form.title, usage(notice)]
    return "\n".join(part for part in [*parts, notice.note] if part)


def body(notice: Notice) -> list[str]:
    """The lines below the title, without form and small print."""
    lines = notice.text.split("\n") if notice.text else []
    lines += [labelled(f.label, f.value, notice.language) for f in notice.facts]
    if notice.table:
        lines += table(notice.table, notice.language)
    if notice.chart:
        lines += picture(notice.chart)
    lines += files(notice)
    lines += [button(one, notice.language) for one in notice.buttons]
    return lines


def picture(shown: Picture) -> list[str]:
    """A picture in words; a plan is drawn in characters."""
    return gantt.lines(shown) if isinstance(shown, Gantt) else [shown.words]


def files(notice: Notice) -> list[str]:
    """A line per file that goes along."""
    return [_FILE.in_(notice.language, name=one.name) for one in notice.files]


def labelled(label: str, value: str, language: str) -> str:
    return f"{label}{_BETWEEN.in_(language)}{value}" if label else value


def table(shown: Table, language: str) -> list[str]:
    """A line per row: its first cell, then the others with their headings."""
    lines: list[str] = []
    for row in shown.rows:
        cells = [
            labelled(heading, cell, language)
            for heading, cell in zip(shown.columns[1:], row[1:], strict=True)
            if cell
        ]
        lines.append(" · ".join([row[0], *cells]))
    return lines


def button(one: Button, language: str) -> str:
    """What to open or to say instead of tapping."""
    told = one.url or _SAY.in_(language, command=one.command)
    return labelled(one.label, told, language)


def usage(notice: Notice) -> str:
    """The command line that stands for a form; empty without one."""
    if notice.form is None:
        return ""
    words = [
        f"<{field.label}>" if field.required else f"[{field.label}]" for field in notice.form.fields
    ]
    return _SAY.in_(notice.language, command=" ".join([notice.form.command, *words]))
