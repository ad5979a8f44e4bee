"""Whether the firm's own server vouches for a mail's From. Format: RFC 8601. Pure.

Anybody can write Authentication-Results into a mail; a server writes its own above all others, so
only the topmost counts, and only when it carries the name that our settings give to our server.
"""

import re
from typing import Final

from adapters.email.headers import Headers, addresses

_RESULT: Final = re.compile(r"\s*([A-Za-z0-9-]+)(?:/\d+)?\s*=\s*([A-Za-z]+)(?=\s|$)")
_PROPERTY: Final = re.compile(r"(?:^|\s)([a-z]+\.[a-z-]+)\s*=\s*([^\s;]+)", re.IGNORECASE)
_DOMAINS: Final = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}


def proven(fields: Headers, authserv_id: str) -> bool:
    """dmarc=pass, or without dmarc a dkim or spf pass for the very domain of From.

    From a server's own result only; whatever is unclear in it proves nobody.
    """
    domain = _from_domain(fields)
    told = fields.all("authentication-results")
    if not authserv_id or not domain or not told:
        return False
    server, *results = _pieces(told[0])
    name, *version = server.split() or [""]
    if name.lower() != authserv_id.lower() or version not in ([], ["1"]):
        return False
    by_method: dict[str, list[dict[str, str]]] = {}
    for result in results:
        method, said = _read(result)
        by_method.setdefault(method, []).append(said)
    dmarc = by_method.get("dmarc", [])
    if dmarc:
        return len(dmarc) == 1 and _passes(dmarc[0], ("header.from",), domain)
    return any(
        _passes(said, names, domain)
        for method, names in _DOMAINS.items()
        for said in by_method.get(method, [])
    )


def _from_domain(fields: Headers) -> str:
    """The domain of the one author; empty where there are several From or several authors."""
    values = fields.all("from")
    authors = [one.address for value in values for one in addresses(value)]
    if len(values) != 1 or len(authors) != 1 or authors[0].count("@") != 1:
        return ""
    return authors[0].partition("@")[2].lower().rstrip(".")


def _pieces(value: str) -> list[str]:
    """What stands between semicolons, without comments and quoted text.

    The sender's own address stands in both, and it may be written `"x; dmarc=pass"@their.domain`.
    """
    kept: list[str] = []
    depth, quoted, skip = 0, False, False
    for char in value:
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif char == '"':
            quoted = not quoted
            kept.append('"' if not depth else "")
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
            kept.append(" ")
            if depth < 0:
                return [""]
        elif not quoted and not depth:
            kept.append(char)
    return [""] if depth or quoted else "".join(kept).split(";")


def _read(result: str) -> tuple[str, dict[str, str]]:
    """The method of one result, and its properties; "" is how it came out."""
    found = _RESULT.match(result)
    if not found:
        return "", {}
    said = {
        one[1].lower(): one[2].rpartition("@")[2].lower().rstrip(".")
        for one in _PROPERTY.finditer(result[found.end() :])
    }
    return found[1].lower(), {**said, "": found[2].lower()}


def _passes(said: dict[str, str], names: tuple[str, ...], domain: str) -> bool:
    return said.get("") == "pass" and any(said.get(name) == domain for name in names)
