"""Notice → the terminal."""

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from bot.contract import Level, Notice
from bot.render import plain

_COLOURS = {Level.INFO: "cyan", Level.GOOD: "green", Level.WARNING: "yellow", Level.DANGER: "red"}


def show(notice: Notice, console: Console | None = None) -> None:
    """Print a notice; buttons become the commands that they say."""
    out = console or Console()
    colour = _COLOURS[notice.level]
    lines = [escape(notice.text)] if notice.text else []
    lines += [f"[dim]{escape(fact.label)}[/dim]  {escape(fact.value)}" for fact in notice.facts]
    if notice.form:
        lines.append(f"[dim]{escape(plain.usage(notice))}[/dim]")
    if notice.title or lines:
        out.print(
            Panel(
                "\n".join(lines) or " ",
                title=f"[bold]{escape(notice.title)}[/bold]" if notice.title else None,
                title_align="left",
                border_style=colour,
            )
        )
    if notice.table:
        table = Table(*notice.table.columns, box=None, header_style="bold", pad_edge=False)
        for row in notice.table.rows:
            table.add_row(*(escape(cell) for cell in row))
        out.print(table)
    for button in notice.buttons:
        out.print(
            f"  [{colour}]›[/] {escape(button.label)}  [dim]{escape(button.url or button.command)}[/dim]"
        )
    if notice.note:
        out.print(f"  [dim]{escape(notice.note)}[/dim]")
