"""What commands about money share: who may see amounts, what an amount may be, how it is shown."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.commands import cards
from bot.commands.registry import Ask, CommandError
from bot.domain import money
from bot.texts import Text, listed
from storage import money as accounts
from storage.tables import Project

_NO_AMOUNTS = Text(
    "您的角色不能查看或修改金额。", "Your role may neither see nor change amounts of money."
)
_NOT_POSITIVE = Text("金额必须大于 0。", "An amount must be more than 0.")
_TOO_MUCH = Text("金额太大了。", "That amount is too large.")
_NO_CURRENCY = Text(
    "「{code}」不是货币代码，请写 CNY、USD、EUR 这样的代码。",
    "“{code}” is no currency code; write one such as CNY, USD or EUR.",
)
_NO_RATE = Text(
    "{code} 在 {day} 没有汇率。请先登记：/汇率 {code} 7.1",
    "There is no rate for {code} on {day}. Tell one first: /rate {code} 7.1",
)


def allowed(ask: Ask) -> None:
    """Raises where the asker may not see amounts."""
    if ask.actor.scope.money != "amount":
        raise CommandError(_NO_AMOUNTS)


def positive(amount: Decimal) -> Decimal:
    """The amount in whole cents; raises where it is none that people pay."""
    if amount <= 0:
        raise CommandError(_NOT_POSITIVE)
    if amount >= money.MOST:
        raise CommandError(_TOO_MUCH)
    return amount


def currency(text: str, default: str) -> str:
    """The code that was given, or the default; raises for what is none."""
    if not text.strip():
        return default
    try:
        return money.currency(text)
    except money.UnknownCurrency as error:
        raise CommandError(_NO_CURRENCY, code=error.code) from error


def with_currency(note: str, given: str, default: str) -> tuple[str, str]:
    """The currency and the rest of a note that begins with one: `USD for the cameras`."""
    first, _, rest = note.strip().partition(" ")
    if not given and len(first) == 3 and first.isascii() and first.isupper():
        return currency(first, default), rest.strip()
    return currency(given, default), note.strip()


def no_rate(ask: Ask, error: money.UnknownCurrency) -> CommandError:
    return CommandError(_NO_RATE, code=error.code, day=cards.day(error.day, ask.language))


async def in_own(ask: Ask, amount: Decimal, code: str) -> float:
    """What an amount is worth today in the firm's own currency, as rules and flows compare it."""
    today = ask.now.date()
    rates = money.Rates(await accounts.rates(ask.session, today), today)
    try:
        return float(rates.convert(amount, code, money.OWN))
    except money.UnknownCurrency as error:
        raise no_rate(ask, error) from error


def show(ask: Ask, amount: Decimal, code: str) -> str:
    return cards.money(amount, code, ask.language)


def sums(ask: Ask, by_currency: Mapping[str, Decimal]) -> str:
    """Amounts of several currencies side by side."""
    return listed((show(ask, amount, code) for code, amount in by_currency.items()), ask.language)


def columns(ask: Ask, *texts: Text) -> tuple[str, ...]:
    return tuple(ask.t(text) for text in texts)


def within(project: Project | None, customer_id: int) -> None:
    """Raises where a project is another customer's."""
    if project is not None and project.customer_id != customer_id:
        raise CommandError(
            Text("{code} 不是这个客户的项目。", "{code} is not a project of this customer."),
            code=project.code,
        )


def total(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Pairs of (currency, amount) added up by currency, in order of the codes."""
    found: dict[str, Decimal] = {}
    for code, amount in pairs:
        found[code] = found.get(code, Decimal(0)) + amount
    return dict(sorted(found.items()))
