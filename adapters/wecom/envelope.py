"""XML from WeCom → plain text by tag. Pure, and safe with what anybody may post."""

import re
from typing import Final

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] -- compiled, without stubs

_DOCTYPE: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


class BadXml(Exception):
    """It cannot be read; says why."""


def fields(raw: bytes) -> dict[str, str]:
    """The texts right below the root, by tag; the first one counts where a tag is repeated.

    No declarations are taken, so that no entity can grow or reach out. They are looked for in the
    tree too, since bytes of another encoding hide them from a search.
    """
    if _DOCTYPE.search(raw):
        raise BadXml("declarations are not taken")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=False
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXml(f"not XML: {str(error)[:120]}") from None
    if root.getroottree().docinfo.doctype:
        raise BadXml("declarations are not taken")
    found: dict[str, str] = {}
    for child in root:
        if isinstance(child.tag, str):
            found.setdefault(child.tag, str(child.xpath("string()")))
    return found
