"""The price list, and what other currencies are worth."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from bot.commands import amounts, cards
from bot.commands.registry import Ask, CommandError, Percent, Rest, command
from bot.contract import Level, Notice, Table
from bot.domain import money
from bot.texts import Text
from storage import deals
from storage import money as accounts
from storage.tables import ExchangeRate, PriceItem


@command(
    "prices",
    zh="价目表",
    reads=True,
    permission="quote.read",
    aliases=("price list", "价格表"),
    help=Text("价目表", "the price list"),
)
async def list_(ask: Ask) -> Notice:
    amounts.allowed(ask)
    found = await deals.prices(ask.session)
    title = ask.t(Text("价目表", "Price list"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("价目表还是空的。", "It is empty yet.")))
    rows = tuple(
        (
            item.code,
            (item.name_en if ask.language == "en" else "") or item.name,
            amounts.show(ask, item.price, item.currency),
            item.unit,
            f"{item.tax:.0%}",
        )
        for item in found
    )
    columns = amounts.columns(
        ask,
        Text("编号", "Code"),
        Text("名称", "Name"),
        Text("单价", "Price"),
        Text("单位", "Unit"),
        Text("税率", "Tax"),
    )
    return ask.notice(title=title, table=Table(columns=columns, rows=rows))


@command(
    "price",
    zh="定价",
    permission="money.write",
    aliases=("price set", "价格"),
    help=Text(
        "新增或修改价目：/定价 CAM-01 1200 13% 网络摄像头 单位:台；停售:是 不再出售",
        "add or change a price: /price CAM-01 1200 13% Camera unit:piece; stop:yes ends its sale",
    ),
)
async def set_(
    ask: Ask,
    code: Annotated[str, Text("编号", "code")],
    price: Annotated[Decimal, Text("单价", "price")],
    name: Annotated[Rest, Text("名称", "name")] = Rest(""),  # noqa: B008 - a plain string
    tax: Annotated[Percent | None, Text("税率", "tax")] = None,
    unit: Annotated[str, Text("单位", "unit")] = "",
    english: Annotated[str, Text("英文名", "english")] = "",
    currency: Annotated[str, Text("币种", "currency")] = "",
    stop: Annotated[bool, Text("停售", "stop")] = False,
) -> Notice:
    amounts.allowed(ask)
    item = await deals.price_item(ask.session, code)
    if item is None and not name.strip():
        raise CommandError(
            Text("新的价目要写名称。", "A new item needs a name: write it behind the price.")
        )
    before = item.currency if item else "CNY"
    item = item or PriceItem(code=code, name=name.strip(), price=price)
    item.price = money.rounded(amounts.positive(price), before)
    item.currency = amounts.currency(currency, before)
    item.name = name.strip() or item.name
    item.unit = unit or item.unit
    item.name_en = english or item.name_en
    item.tax = item.tax if tax is None else Decimal(tax) / 100
    item.active = not stop
    ask.session.add(item)
    await ask.session.flush()
    ask.wrote("price.set", item)
    return await list_(ask)


@command(
    "rate",
    zh="汇率",
    permission="money.write",
    aliases=("exchange rate",),
    help=Text(
        "登记汇率：1 单位外币等于多少人民币", "tell what one unit of a currency is worth in CNY"
    ),
)
async def rate(
    ask: Ask,
    currency: Annotated[str, Text("币种", "currency")],
    value: Annotated[str, Text("汇率", "rate")],
    on: Annotated[date | None, Text("日期", "on")] = None,
) -> Notice:
    code = amounts.currency(currency, "")
    worth = _worth(value)
    if worth is None or code == money.OWN:
        raise CommandError(
            Text("汇率写作：/汇率 USD 7.12", "Write a rate as: /rate USD 7.12, and not for CNY.")
        )
    day = on or ask.now.date()
    row = await accounts.rate_on(ask.session, code, day)
    row = row or ExchangeRate(currency=code, day=day, by_id=ask.actor.user_id)
    row.rate = worth
    ask.session.add(row)
    await ask.session.flush()
    ask.wrote("rate.set", row)
    return ask.say(
        Text("自 {day} 起：1 {code} = {rate} CNY。", "From {day}: 1 {code} = {rate} CNY."),
        Level.GOOD,
        day=cards.day(day, ask.language),
        code=code,
        rate=f"{worth.normalize():f}",
    )


def _worth(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except ArithmeticError:
        return None
    return value if value.is_finite() and Decimal("0.00000001") <= value < 10**9 else None
