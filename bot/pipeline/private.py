"""Private mail is kept out before anything of it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.contract import InboundMessage, Kind
from bot.domain import mail_domains
from bot.inbox import Arrived
from storage import audit, directory, private
from storage.people import address
from storage.tables import PrivateRule

SAID_SO: Final = frozenset({"private", "personal"})
"""What a mail says of itself (`Sensitivity`, RFC 2156) that keeps it out without any rule."""


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why a mail is kept out; `rule`: None where it says so itself. `firm`: a contact's too."""

    rule: int | None
    firm: bool = True


async def keep_out(
    session: AsyncSession, batch: Sequence[Arrived]
) -> tuple[list[Arrived], dict[int, int | None]]:
    """What is left to be filed, and the inbox rows of private mail, which become nothing."""
    mails = [one for one in batch if one.message.kind is Kind.MAIL]
    if not mails:
        return list(batch), {}
    rules = await private.rules(session)
    reasons = {one.inbox_id: why for one in mails if (why := _why(one.message, rules))}
    loose = [one for one in mails if one.inbox_id in reasons and not reasons[one.inbox_id].firm]
    if loose:
        asked = {("email", mail) for one in loose for mail in _everybody(one.message)}
        known = await directory.identities(session, asked)
        for one in loose:
            owners = [
                owner for m in _everybody(one.message) for owner in known.get(("email", m), [])
            ]
            if any(owner.contact_id is not None for owner in owners):
                del reasons[one.inbox_id]
    if not reasons:
        return list(batch), {}
    await private.kept_out(session, [(id_, why.rule) for id_, why in reasons.items()])
    await audit.write(session, *(audit.Trace("mail.kept_out", "inbox", id_) for id_ in reasons))
    left = [one for one in batch if one.inbox_id not in reasons]
    return left, dict.fromkeys(reasons)


def _why(message: InboundMessage, rules: Sequence[PrivateRule]) -> _Reason | None:
    """The firmest reason to keep a mail out; rules on domains are the weakest."""
    labels = {label.casefold() for label in message.labels}
    sender, *recipients = _everybody(message)
    loose: _Reason | None = None
    for rule in rules:
        if rule.kind in {"label", "folder"}:
            if rule.value in labels:
                return _Reason(rule.id)
        # A mail of our own is private where all that it goes to are.
        elif _fits(rule, sender) or (recipients and all(_fits(rule, one) for one in recipients)):
            if rule.kind == "address":
                return _Reason(rule.id)
            loose = loose or _Reason(rule.id, firm=False)
    return _Reason(None) if labels & SAID_SO else loose


def _fits(rule: PrivateRule, mail: str) -> bool:
    if rule.kind == "address":
        return mail == rule.value
    domain = mail_domains.domain_of(mail)
    return domain == rule.value or domain.endswith(f".{rule.value}")


def _everybody(message: InboundMessage) -> list[str]:
    """Who a mail is from, then whom it is to."""
    sender = message.sender.email or message.sender.id
    return [address("email", one) for one in (sender, *message.recipients)]
