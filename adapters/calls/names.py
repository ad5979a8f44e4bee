"""What the name of a recording tells: telephones name files after the number and the time."""

import re
from datetime import datetime, tzinfo
from typing import Final

STAMP: Final = re.compile(
    r"(?<!\d)(20\d\d)[-_.年]?(\d\d)[-_.月]?(\d\d)日?"
    r"(?:[ T_.-]*(\d\d)[-_.:：时]?(\d\d)(?:[-_.:：分]?(\d\d))?秒?)?(?!\d)"
)
# A mainland mobile number, an international one, a landline with its area code, a 400 or 95 line.
PHONE: Final = re.compile(
    r"(?<!\d)(?:(?:\+?86|0086)?[ -]?1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\+\d{1,3}[ -]?\d[\d -]{5,12}\d"
    r"|0\d{2,3}[ -]?\d{7,8}|400[ -]?\d{3}[ -]?\d{4}|95\d{3,6})(?!\d)"
)


def phone(stem: str) -> str:
    """The phone number in a file name, without blanks and hyphens; '' where there is none."""
    without = STAMP.sub("_", stem)
    # A mobile number may end like a date; the whole name is the second try.
    found = PHONE.search(without) or PHONE.search(stem)
    return re.sub(r"[ -]", "", found[0]) if found else ""


def moment(stem: str, zone: tzinfo) -> datetime | None:
    """The time in a file name, taken as local to `zone`; None where there is none."""
    for found in STAMP.finditer(stem):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=zone)
        except ValueError:  # digits that are no date
            continue
    return None
