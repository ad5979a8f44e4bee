"""A plan as bars over days, legible on a phone: weekends faint, what is done solid, today a line."""

from datetime import date, timedelta
from typing import Final

from bot.contract import Gantt, Span
from bot.render import drawing
from bot.render.drawing import COLOURS

WIDTH: Final = 640
LEFT, RIGHT, TOP, BOTTOM = 212, 16, 60, 60
ROW: Final = 28
_SIZE: Final = 16
_STRONG, _PLAIN, _STONE = COLOURS[0], COLOURS[1], COLOURS[3]
_DASHED: Final = f'stroke="{COLOURS[2]}" stroke-width="2" stroke-dasharray="5 3"'
_STEPS: Final = (1, 2, 7, 14, 28, 91, 182, 364)
_MARKS: Final = 6
"""About how many days are named above."""
_DAY: Final = timedelta(days=1)
_MOST_MARKS: Final = 24
"""Characters of a row in characters."""
_NAMED: Final = 28


def svg(shown: Gantt, ink: str, paper: str) -> str:
    first, last = _ends(shown)
    height = TOP + ROW * len(shown.rows) + BOTTOM
    parts = [
        drawing.head(WIDTH, height, shown.words),
        f'<rect width="{WIDTH}" height="{height}" fill="{paper}"/>',
        drawing.words(8, 24, drawing.fitting(shown.title, WIDTH - 16, 18), ink, size=18),
        *_idle(shown, first, last, ink),
        *_marks(first, last, height, ink),
    ]
    for number, row in enumerate(shown.rows):
        y = TOP + ROW * number
        label = drawing.fitting(row.label, LEFT - 20, _SIZE)
        parts.append(drawing.words(8, y + 20, label, ink, size=_SIZE))
        parts.append(_stone(row, first, last, y) if row.stone else _bar(row, first, last, y))
    parts += [*_today(shown, first, last, height), *_legend(shown, height, ink), "</svg>"]
    return "".join(parts)


def lines(shown: Gantt) -> list[str]:
    """The same in characters that every font has, for channels without pictures."""
    first, last = _ends(shown)
    said = [shown.words, f"◆ {shown.legend[0]}  ◇ {shown.legend[2]}  ▓ ✓"]
    for row in shown.rows:
        mark = "◇ " if row.stone else "◆ " if row.strong else ""
        days = f"{row.first:%m-%d} → {row.last:%m-%d}"
        label = row.label if len(row.label) <= _NAMED else f"{row.label[: _NAMED - 1]}…"
        said.append(f"{mark}{label} {days} {_line(row, first, last)}")
    return [*said, *([shown.more] if shown.more else [])]


def _line(row: Span, first: date, last: date) -> str:
    """A row's time on a line of equally wide marks."""
    whole = (last - first).days + 1
    at = (row.first - first).days * _MOST_MARKS // whole
    to = max(at + 1, -(-((row.last - first).days + 1) * _MOST_MARKS // whole))
    return "░" * at + ("▓" if row.share >= 1 else "█") * (to - at) + "░" * (_MOST_MARKS - to)


def _ends(shown: Gantt) -> tuple[date, date]:
    return min(row.first for row in shown.rows), max(row.last for row in shown.rows)


def _x(day: date, first: date, last: date) -> float:
    """Where a day begins."""
    share = (day - first).days / ((last - first).days + 1)
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _bar(row: Span, first: date, last: date, y: float) -> str:
    colour = _STRONG if row.strong else _PLAIN
    x = _x(row.first, first, last)
    width = max(round(_x(row.last + _DAY, first, last) - x, 1), 3.0)
    done = round(width * min(max(row.share, 0.0), 1.0), 1)
    whole = (
        f'<rect x="{x}" y="{y + 6}" width="{width}" height="16" rx="3" fill="{colour}"'
        ' fill-opacity="0.35"/>'
    )
    part = f'<rect x="{x}" y="{y + 6}" width="{done}" height="16" rx="3" fill="{colour}"/>'
    return whole + (part if done else "")


def _stone(row: Span, first: date, last: date, y: float) -> str:
    x = (_x(row.last, first, last) + _x(row.last + _DAY, first, last)) / 2
    return _diamond(round(x, 1), y + 14, full=row.share >= 1)


def _diamond(x: float, y: float, *, full: bool) -> str:
    fill = _STONE if full else "none"
    points = f"{x},{y - 8} {x + 8},{y} {x},{y + 8} {x - 8},{y}"
    return f'<polygon points="{points}" fill="{fill}" stroke="{_STONE}" stroke-width="2"/>'


def _idle(shown: Gantt, first: date, last: date, ink: str) -> list[str]:
    """Days that are not worked, faint; neighbours in one."""
    height = ROW * len(shown.rows)
    runs: list[tuple[date, date]] = []
    for day in shown.idle:
        if first <= day <= last:
            begun = runs.pop()[0] if runs and runs[-1][1] == day else day
            runs.append((begun, day + _DAY))
    return [
        f'<rect x="{_x(begun, first, last)}" y="{TOP}" height="{height}" fill="{ink}"'
        f' width="{_x(end, first, last) - _x(begun, first, last):.1f}" fill-opacity="0.07"/>'
        for begun, end in runs
    ]


def _marks(first: date, last: date, height: float, ink: str) -> list[str]:
    """Days named above, Mondays where there is not room for each."""
    days = (last - first).days + 1
    step = next((one for one in _STEPS if days <= one * _MARKS), _STEPS[-1] * (days // 2000 + 1))
    day = first if step < 7 else first + timedelta(days=-first.weekday() % 7)
    form = "%m-%d" if days <= 364 else "%Y-%m"
    parts: list[str] = []
    while day <= last:
        x = _x(day, first, last)
        parts.append(
            f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{height - BOTTOM}" stroke="{ink}"'
            ' stroke-opacity="0.15"/>'
        )
        said = day.strftime(form)
        if x + drawing.wide(said, 14) <= WIDTH:
            parts.append(drawing.words(x, TOP - 8, said, ink))
        day += timedelta(days=step)
    return parts


def _today(shown: Gantt, first: date, last: date, height: float) -> list[str]:
    if not first <= shown.today <= last:
        return []
    x = round((_x(shown.today, first, last) + _x(shown.today + _DAY, first, last)) / 2, 1)
    return [f'<line x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{height - BOTTOM + 4}" {_DASHED}/>']


def _legend(shown: Gantt, height: float, ink: str) -> list[str]:
    """What the colours mean, and what is left out."""
    y, x = height - 14.0, 8.0
    strong, plain, stone, today = shown.legend
    marks = (
        (strong, f'<rect x="{{x}}" y="{y - 11}" width="14" height="12" fill="{_STRONG}"/>'),
        (plain, f'<rect x="{{x}}" y="{y - 11}" width="14" height="12" fill="{_PLAIN}"/>'),
        (stone, ""),
        (today, f'<line x1="{{x}}" y1="{y - 5}" x2="{{end}}" y2="{y - 5}" {_DASHED}/>'),
    )
    parts: list[str] = []
    for said, mark in marks:
        drawn = mark.format(x=x, end=x + 14) if mark else _diamond(x + 8, y - 5, full=False)
        parts += [drawn, drawing.words(x + 20, y, said, ink)]
        x = round(x + 36 + drawing.wide(said, 14), 1)
    if shown.more:
        parts.append(drawing.words(8, height - 38, shown.more, ink))
    return parts
