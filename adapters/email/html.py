"""HTML mail to readable text. Quotes keep the "> " that mail programs show as an indent."""

import re
from typing import Final

import lxml.html
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] -- compiled, without stubs

# Marks from a private range stand where a quote begins and ends while the text is laid out.
OPENS, CLOSES = "\ue000", "\ue001"
NOT_READ: Final = ("script", "style", "head", "title", "template", "noscript", "object", "svg")
QUOTES: Final = (
    "//blockquote[@type='cite' or @cite or contains(@class, 'quote') or @id='isReplyContent'"
    " or @name='isReplyContent']"
)
DEEPEST: Final = 10
HIDDEN: Final = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
TAG: Final = re.compile(r"<[^>]{0,2000}>")
PLAIN: Final = ParserConfig(display_links=False, display_images=False)


def to_text(html: str) -> str:
    """The words of an HTML document, tables kept in columns. Never raises."""
    html = re.sub(f"[{OPENS}{CLOSES}\x00]", "", html)
    # A declared encoding makes lxml refuse text; it says nothing that we do not know.
    html = re.sub(r"^\s*<\?xml[^>]*\?>", "", html)
    try:
        tree = lxml.html.document_fromstring(html)
        _clean(tree)
        _mark(tree)
        return _tidy(Inscriptis(tree, PLAIN).get_text())
    except (etree.LxmlError, ValueError, LookupError, RecursionError, AttributeError, TypeError):
        # Not HTML that any program could show: the words between the tags are what there is.
        return _tidy(TAG.sub(" ", html))


def _clean(tree: lxml.html.HtmlElement) -> None:
    """Take away what nobody sees, and all styling: a margin of 10⁹ em is a way to fill memory."""
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in NOT_READ or _hidden(element):
            if element.getparent() is not None:
                element.drop_tree()
        else:
            for name in ("style", "align", "valign"):
                element.attrib.pop(name, None)


def _hidden(element: lxml.html.HtmlElement) -> bool:
    return bool(HIDDEN.search(element.get("style", ""))) or "hidden" in element.attrib


def _mark(tree: lxml.html.HtmlElement) -> None:
    for quote in tree.xpath(QUOTES):
        quote.text = OPENS + (quote.text or "")
        if len(quote):
            quote[-1].tail = (quote[-1].tail or "") + CLOSES
        else:
            quote.text += CLOSES


def _tidy(text: str) -> str:
    """Quote marks become "> " before each line; blanks at line ends and spare lines go."""
    lines: list[str] = []
    depth = 0
    for line in text.replace("\xa0", " ").splitlines():
        opened = line.count(OPENS)
        prefix = "> " * min(depth + opened, DEEPEST)
        bare = line.replace(OPENS, "").replace(CLOSES, "").rstrip()
        depth = max(0, depth + opened - line.count(CLOSES))
        if bare or (lines and lines[-1].strip("> ")):
            lines.append((prefix + bare).rstrip())
    return "\n".join(lines).strip()
