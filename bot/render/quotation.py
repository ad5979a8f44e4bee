"""A quotation as PDF, in Chinese or English, with the shipped font."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import orjson

from bot.render.chart import FONTS
from bot.texts import Language, Text

if TYPE_CHECKING:
    from typst import Fonts


@dataclass(frozen=True, slots=True)
class Quotation:
    """What the page says; amounts, days and shares are written out already."""

    title: str
    number: str
    customer: str
    made_on: str
    valid_until: str
    made_by: str
    rows: Sequence[Sequence[str]]
    """Name, quantity with unit, price, tax, amount."""
    sums: Sequence[Sequence[str]]
    """Label and value: discount, net, tax, total; the last is the total."""


_WORDS: Final = {
    "quotation": Text("报价单", "Quotation"),
    "number": Text("编号", "No."),
    "customer": Text("客户", "For"),
    "made_on": Text("日期", "Date"),
    "valid_until": Text("有效期至", "Valid until"),
    "made_by": Text("联系人", "Contact"),
    "name": Text("项目", "Item"),
    "quantity": Text("数量", "Quantity"),
    "price": Text("单价", "Price"),
    "tax": Text("税率", "Tax"),
    "amount": Text("金额（未税）", "Amount before tax"),
    "page": Text("第 {page} 页", "Page {page}"),
}
# What people wrote comes in as data and is shown as text: nothing in it is markup.
_PAGE: Final = """
#let d = json(bytes(sys.inputs.data))
#let w = d.words
#set document(title: d.number, date: none)
#set page(paper: "a4", margin: 2cm, footer: context align(right, text(8pt,
  w.page.replace("{page}", str(counter(page).get().first())))))
#set text(font: "Noto Sans CJK SC", size: 10pt, lang: d.language)
#text(20pt, weight: "bold", w.quotation)
#v(2mm)
#if d.title != "" { text(12pt, d.title); v(2mm) }
#grid(columns: (auto, 1fr), column-gutter: 6mm, row-gutter: 2.5mm,
  ..for key in ("number", "customer", "made_on", "valid_until", "made_by") {
    if d.at(key) != "" { (w.at(key), d.at(key)) }
  })
#v(6mm)
#table(columns: (1fr, auto, auto, auto, auto), stroke: (x, y) => (bottom: 0.5pt + luma(200)),
  align: (left, right, right, right, right), inset: 6pt,
  table.header(w.name, w.quantity, w.price, w.tax, w.amount), ..d.rows.flatten())
#v(4mm)
#align(right, grid(columns: (auto, auto), column-gutter: 8mm, row-gutter: 2.5mm,
  align: right, ..d.sums.flatten()))
"""


def pdf(one: Quotation, language: Language) -> bytes:
    """Some 100 ms: run it in a thread."""
    import typst  # noqa: PLC0415 - 30 MB that few processes need

    words = {name: text.in_(language) for name, text in _WORDS.items()}
    data = asdict(one) | {"words": words, "language": language}
    return typst.compile(
        _PAGE.encode(),
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"data": orjson.dumps(data).decode()},
    )


@cache
def _fonts() -> "Fonts":
    from typst import Fonts  # noqa: PLC0415 - see pdf

    return Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
