"""Who called whom and when, from the name of a recording: vendors' schemes, and the firm's own."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from adapters.calls import names

GROUPS: Final = ("caller", "callee", "time", "direction", "name")
IN: Final = "in"
OUT: Final = "out"
_DIRECTIONS: Final = {
    IN: "in incoming inbound received receive i 呼入 来电 接听 被叫".split(),
    OUT: "out outgoing outbound dialed dialled o 呼出 去电 拨出 主叫".split(),
}
_WAYS: Final = "|".join(
    sorted((word for words in _DIRECTIONS.values() for word in words), key=len, reverse=True)
)
_NUMBER: Final = r"\+?\d{2,20}"
_TIME: Final = r"20\d{6}[-_ T]?\d{6}|20\d\d-\d\d-\d\d[-_ T]\d\d[-.]\d\d[-.]\d\d"
_END: Final = r"(?!\d)"
_SCHEMES: Final = (
    # FreePBX, Asterisk: out-13800001111-6021-20261120-140322-1763618602.123; whom before who.
    (
        rf"^(?P<direction>in|out|external|internal|exten)-(?P<callee>{_NUMBER})"
        rf"-(?P<caller>{_NUMBER})-(?P<time>{_TIME})-[\d.]+$"
    ),
    # in-13800001111-20261120140322, 呼出_6021_13800001111_20261120-140322
    (
        rf"^(?P<direction>{_WAYS})[-_ ](?P<caller>{_NUMBER})(?:[-_ ](?P<callee>{_NUMBER}))?"
        rf"[-_ ](?P<time>{_TIME}){_END}"
    ),
    # 20261120-140322_in_13800001111_6021
    (
        rf"^(?P<time>{_TIME})[-_ ](?:(?P<direction>{_WAYS})[-_ ])?(?P<caller>{_NUMBER})"
        rf"(?:[-_ ](?P<callee>{_NUMBER}))?(?:[-_ .]|$)"
    ),
    # 13800001111_6021_20261120140322_out
    (
        rf"^(?P<caller>{_NUMBER})(?:[-_ ](?P<callee>{_NUMBER}))?[-_ ](?P<time>{_TIME})"
        rf"(?:[-_ ](?P<direction>{_WAYS}))?(?:[-_ .]|$)"
    ),
    # Telephones: 录音_张三_13800001111_20261120_140322, 通话录音@张三(138 0000 1111)_20261120140322
    (
        r"^(?:通话录音|电话录音|录音|call[ _]recording|record(?:ing)?|rec)[-_ @]+"
        r"(?P<name>[^\d_@()（）]{1,40}?)[ _-]*[(（_ ](?P<caller>\+?\d[\d -]{4,20}\d)[)）]?"
        rf"[-_ ](?P<time>{_TIME}){_END}"
    ),
)
_KNOWN: Final = tuple(re.compile(scheme, re.IGNORECASE) for scheme in _SCHEMES)


class BadPattern(ValueError):
    """The firm's own pattern cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name tells; '' and None where it is silent."""

    customer: str = ""
    """The number of the side that is not ours."""
    ours: str = ""
    name: str = ""
    at: datetime | None = None


def compiled(text: str) -> re.Pattern[str] | None:
    """The firm's own pattern; None where there is none. Raises `BadPattern`."""
    if not text.strip():
        return None
    try:
        found = re.compile(text.strip(), re.IGNORECASE)
    except re.error as error:
        raise BadPattern(f"not a regular expression: {error}") from None
    known = ", ".join(f"(?P<{name}>…)" for name in GROUPS)
    unknown = sorted(set(found.groupindex) - set(GROUPS))
    if unknown:
        raise BadPattern(f"no such group: {unknown[0]}; the groups are {known}")
    if not found.groupindex:
        raise BadPattern(f"it names nothing; put groups in it: {known}")
    return found


def read(file_name: str, zone: tzinfo, own: re.Pattern[str] | None = None) -> Named:
    """What the name of a file tells: by the firm's pattern, else by a known scheme, else by looks."""
    stem = file_name.rpartition(".")[0] or file_name
    found = own.search(file_name) if own else None
    if found is None:
        found = next(filter(None, (scheme.search(stem) for scheme in _KNOWN)), None)
    if found is None:
        return Named(customer=names.phone(stem), at=names.moment(stem, zone))
    said = {key: (value or "").strip() for key, value in found.groupdict().items()}
    customer, ours = sides(
        plain(said.get("caller", "")), plain(said.get("callee", "")), way(said.get("direction", ""))
    )
    return Named(
        customer=customer or names.phone(stem),
        ours=ours,
        name=said.get("name", ""),
        at=_moment(said.get("time", ""), zone) or names.moment(stem, zone),
    )


def sides(caller: str, callee: str, direction: str) -> tuple[str, str]:
    """The customer's number and ours. An extension is ours, whatever a name says of directions."""
    outside = [_is_outside(number) for number in (caller, callee)]
    if outside[0] != outside[1]:
        return (caller, callee) if outside[0] else (callee, caller)
    if direction == OUT:
        return (callee, caller) if callee else (caller, "")
    return (caller, callee) if caller else (callee, "")


def way(word: str) -> str:
    """`in`, `out`, or '' for a word that is neither."""
    return next((key for key, words in _DIRECTIONS.items() if word.lower() in words), "")


def plain(number: str) -> str:
    """A number without what people put between its digits."""
    return re.sub(r"[\s()（）-]", "", number)


def _is_outside(number: str) -> bool:
    return len(re.sub(r"\D", "", number)) >= 7


def _moment(said: str, zone: tzinfo) -> datetime | None:
    """Seconds or milliseconds since 1970, ISO 8601, or digits as they stand in names."""
    try:
        if re.fullmatch(r"1\d{9}(\d{3})?", said):
            return datetime.fromtimestamp(int(said[:10]), UTC)
        found = datetime.fromisoformat(said)
    except ValueError:
        return names.moment(said, zone) or (
            names.moment(f"20{said}", zone) if re.fullmatch(r"\d{12}", said) else None
        )
    return found if found.tzinfo else found.replace(tzinfo=zone)
