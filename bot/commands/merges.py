"""Contacts that are one person: merged and parted again; and who else may be one, with reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.customer import card as customer_card
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Level, Notice
from bot.domain import mail_domains, sameness
from bot.pipeline import evidence
from bot.texts import Text
from storage import customers, directory, merging, proposals
from storage.tables import Contact, Customer, Dismissal

_SHOWN: Final = 5
_WEIGHT: Final = {
    "email": 0.9,
    "phone": 0.8,
    "chat": 0.9,
    "name at": 0.6,
    "name": 0.5,
    "spelt": 0.6,
    "signed": 0.6,
    "firm": 0.8,
    "domain": 0.6,
    "alias": 0.7,
}
_REASONS: Final = {
    "email": Text("同一邮箱 {what}", "one mail address, {what}"),
    "phone": Text("同一手机 {what}", "one mobile number, {what}"),
    "chat": Text("同一聊天账号", "one chat account"),
    "name at": Text("同名且同域名 {what}", "one name at one domain, {what}"),
    "name": Text("同一客户下同名", "one name at one customer"),
    "spelt": Text("邮箱 {what} 就是姓名拼音", "the address {what} spells the name"),
    "signed": Text("签名里有对方的 {what}", "signs with the other's {what}"),
    "firm": Text("去掉公司后缀后同名", "one name but for the legal form"),
    "domain": Text("同一邮箱域名 {what}", "one mail domain, {what}"),
    "alias": Text("一方的名称是另一方的别名「{what}」", "one goes by the other's name, “{what}”"),
}
_FIRST: Final = Text("保留的联系人", "contact that stays")
_SECOND: Final = Text("并入的联系人", "contact that goes")
_WHICH: Final = Text("「{name}」有几位，请用编号：", "There are several “{name}”; give the number:")


async def _contact(ask: Ask, who: str, *, merged: bool = False) -> tuple[Contact, Customer]:
    found = await proposals.contacts_called(
        ask.session, ask.actor.scope, who.strip(), merged=merged
    )
    if not found:
        raise CommandError(
            Text("没有找到联系人「{name}」。", "There is no contact “{name}”."), name=who
        )
    if len(found) > 1:
        buttons = tuple(
            Button(label=f"{c.id} {c.name} · {of.code}", command=f"/customer {of.code}")
            for c, of in found
        )
        raise CommandError(_WHICH, buttons, name=who)
    return found[0]


@command(
    "contact.merge",
    zh="合并联系人",
    permission="customer.write",
    confirm=True,
    help=Text("两个联系人其实是同一个人，可撤销", "two contacts are one person; reversible"),
)
async def merge(ask: Ask, kept: Annotated[str, _FIRST], gone: Annotated[str, _SECOND]) -> Notice:
    stays, customer = await _contact(ask, kept)
    goes, other = await _contact(ask, gone)
    if stays.id == goes.id:
        raise CommandError(Text("这是同一个联系人。", "That is one and the same contact."))
    if customer.id != other.id:
        raise CommandError(
            Text(
                "两人属于不同客户（{one}、{two}），不能合并；若是同一家，请先合并客户。",
                "They are of two customers ({one}, {two}); if it is one firm, merge the customers first.",
            ),
            one=customer.code,
            two=other.code,
        )
    done = await merging.merge(ask.session, merging.CONTACTS, stays.id, goes.id, ask.actor.user_id)
    if done is None:
        raise CommandError(
            Text("其中一个刚刚被合并了。", "One of them has just become part of another.")
        )
    ask.wrote("contact.merged", done, kept=stays.id, gone=goes.id)
    ask.undo_with = f"/contact unmerge {goes.id}"
    return ask.notice(
        text=ask.t(
            Text(
                "{gone}（{number}）并入 {kept}，转移 {rows} 条记录。撤销：/撤销联系人合并 {number}",
                "{gone} ({number}) is part of {kept} now; {rows} rows moved. "
                "To take it back: /contact unmerge {number}",
            ),
            gone=goes.name,
            kept=stays.name,
            number=goes.id,
            rows=sum(map(len, done.moved.values())),
        ),
        level=Level.GOOD,
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command=f"/contact unmerge {goes.id}")],
    )


@command(
    "contact.unmerge",
    zh="撤销联系人合并",
    permission="customer.write",
    help=Text("撤销一次联系人合并，各归原位", "take a merge of contacts back; every row returns"),
)
async def unmerge(
    ask: Ask, contact: Annotated[str, Text("被并入的联系人", "contact that was merged")]
) -> Notice:
    gone, customer = await _contact(ask, contact, merged=True)
    done = await merging.holding(ask.session, merging.CONTACTS, gone.id)
    if done is None:
        raise CommandError(
            Text("没有找到联系人「{name}」。", "There is no contact “{name}”."), name=contact
        )
    await merging.undo(ask.session, merging.CONTACTS, done)
    ask.wrote("contact.unmerged", done, kept=done.kept_id, gone=gone.id)
    ask.undo_with = f"/contact merge {done.kept_id} {gone.id}"
    return await customer_card(ask, customer)


class Alike(StrEnum):
    CONTACT = "contact"
    CUSTOMER = "customer"

    @property
    def text(self) -> Text:
        return {"contact": Text("联系人", "contact"), "customer": Text("客户", "customer")}[
            self.value
        ]


@dataclass(slots=True)
class _Proposal:
    """Two that may be one."""

    kind: Alike
    first: int
    second: int
    because: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def subject(self) -> str:
        return f"{self.kind.value}:{self.first}+{self.second}"

    @property
    def sure(self) -> float:
        left = 1.0
        for reason in self.because:
            left *= 1 - _WEIGHT[reason]
        return 1 - left


@command(
    "merges",
    zh="合并建议",
    reads=True,
    permission="customer.write",
    help=Text(
        "可能是同一个人、同一家客户的，附理由", "people and customers that may be one, with reasons"
    ),
)
async def list_(ask: Ask, page: Annotated[int, Text("页", "page")] = 1) -> Notice:
    people = await _people(ask)
    firms = await _firms(ask) if ask.actor.may("customer.merge") else []
    ordered = sorted([*people, *firms], key=lambda one: (-one[0].sure, one[0].subject))
    shown = ordered[_SHOWN * (page - 1) : _SHOWN * page]
    title = ask.t(Text("合并建议（{total}）", "Proposed merges ({total})"), total=len(ordered))
    if not shown:
        return ask.notice(
            title=title, text=ask.t(Text("没有可疑的重复。", "Nothing looks doubled."))
        )
    facts: list[tuple[str, str]] = []
    buttons: list[Button] = []
    for number, (one, label, line) in enumerate(shown, _SHOWN * (page - 1) + 1):
        reasons = [ask.t(_REASONS[name], what=what) for name, what in one.because.items()]
        facts.append((f"{number}. {label}", "\n".join(f"· {reason}" for reason in reasons)))
        if line:
            buttons.append(
                Button(label=ask.t(Text("合并 {n}", "Merge {n}"), n=number), command=line)
            )
        buttons.append(
            Button(
                label=ask.t(Text("{n} 不是同一个", "{n}: not the same"), n=number),
                command=f"/merges no {one.kind.value} {one.first} {one.second}",
            )
        )
    if len(ordered) > _SHOWN * page:
        buttons.append(Button(label=ask.t(Text("下一页", "Next")), command=f"/merges {page + 1}"))
    return ask.notice(title=title, facts=facts, buttons=buttons)


_Shown = tuple[_Proposal, str, str]
"""A proposal, how it is told, and the command that merges; empty where none can."""


async def _people(ask: Ask) -> list[_Shown]:
    found: dict[tuple[int, int], _Proposal] = {}
    pairs = [*await proposals.contacts(ask.session, mail_domains.FREE), *await _signed(ask)]
    pairs += [
        proposals.Pair(min(b.contact, b.other), max(b.contact, b.other), "spelt", mail)
        for b in await proposals.unnamed(ask.session)
        for mail in b.mails
        if sameness.spelt(b.other_name, mail.partition("@")[0])
    ]
    for pair in pairs:
        both = (pair.first, pair.second)
        because = pair.because if pair.because in _WEIGHT else "chat"
        what = cards.masked(pair.because, pair.what)
        if because == "email" and sameness.role_address(pair.what):
            continue
        if because == "phone" and not sameness.personal("phone", pair.what):
            continue
        found.setdefault(both, _Proposal(Alike.CONTACT, *both)).because.setdefault(because, what)
    ids = {id_ for both in found for id_ in both}
    known = await proposals.people(ask.session, ask.actor.scope, ids)
    reached = await proposals.addresses(ask.session, ids)
    no = await proposals.dismissed(ask.session, [one.subject for one in found.values()])
    shown: list[_Shown] = []
    for one in found.values():
        if one.subject in no or one.first not in known or one.second not in known:
            continue
        (a, of_a), (b, of_b) = known[one.first], known[one.second]
        if not sameness.compatible(a.name, b.name) and set(one.because) <= {"phone"}:
            continue
        if one.because.keys() <= {"name", "name at"} and sameness.apart(
            reached.get(a.id, []), reached.get(b.id, [])
        ):
            continue
        label = f"{a.id} {a.name} · {of_a.code} / {b.id} {b.name} · {of_b.code}"
        line = f"/contact merge {a.id} {b.id}" if of_a.id == of_b.id else ""
        shown.append((one, label, line))
    return shown


async def _signed(ask: Ask) -> Iterable[proposals.Pair]:
    """Contacts who sign with another's number or address, where the names allow it."""
    wrote = await proposals.signatures(ask.session)
    wanted = {pair for one in wrote for pair in evidence.addresses_in(one.end)}
    known = await directory.identities(ask.session, wanted) if wanted else {}
    return [
        proposals.Pair(
            min(one.contact, other.contact_id), max(one.contact, other.contact_id), "signed", shown
        )
        for one in wrote
        for pair in evidence.addresses_in(one.end)
        for other in known.get(pair, [])
        if other.contact_id not in {None, one.contact} and other.customer_id == one.customer
        if other.contact_id is not None and sameness.compatible(one.name, other.name)
        if sameness.personal(*pair)
        for shown in [cards.masked(*pair)]
    ]


async def _firms(ask: Ask) -> list[_Shown]:
    found: dict[tuple[int, int], _Proposal] = {}
    for pair in await proposals.customers(ask.session):
        both = (pair.first, pair.second)
        because = "firm" if pair.because == "name" else pair.because
        if because == "domain" and pair.what in mail_domains.FREE:
            continue
        found.setdefault(both, _Proposal(Alike.CUSTOMER, *both)).because.setdefault(
            because, pair.what
        )
    ids = sorted({id_ for both in found for id_ in both})
    known = {c.id: c for c in await customers.with_ids(ask.session, ask.actor.scope, ids)}
    no = await proposals.dismissed(ask.session, [one.subject for one in found.values()])
    return [
        (one, f"{a.code} {a.name} / {b.code} {b.name}", f"/customer merge {a.code} {b.code}")
        for one in found.values()
        if one.subject not in no and (a := known.get(one.first)) and (b := known.get(one.second))
    ]


@command(
    "merges.no",
    zh="不是同一个",
    permission="customer.write",
    help=Text("这两个不是同一个，不再建议", "these two are not the same; do not propose it again"),
)
async def refuse(
    ask: Ask,
    kind: Annotated[Alike, Text("种类", "kind")],
    first: Annotated[int, Text("第一个", "first")],
    second: Annotated[int, Text("第二个", "second")],
) -> Notice:
    ids = sorted({first, second})
    if len(ids) != 2 or ids[-1] >= 1 << 63 or not await _visible(ask, kind, ids):
        raise CommandError(Text("没有这条建议。", "There is no such proposal."))
    subject = f"{kind.value}:{ids[0]}+{ids[1]}"
    if subject not in await proposals.dismissed(ask.session, [subject]):
        row = Dismissal(kind="merge", subject=subject, by_id=ask.actor.user_id)
        ask.session.add(row)
        await ask.session.flush()
        ask.wrote("merge.refused", row)
    return ask.say(Text("好的，不再建议合并它们。", "Noted: it will not be proposed again."))


async def _visible(ask: Ask, kind: Alike, ids: Sequence[int]) -> bool:
    scope = ask.actor.scope
    if kind is Alike.CUSTOMER:
        return len(await customers.with_ids(ask.session, scope, ids)) == len(set(ids))
    return len(await proposals.people(ask.session, scope, ids)) == len(set(ids))
