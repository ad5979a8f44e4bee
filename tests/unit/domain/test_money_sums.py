"""Money is never lost: splitting, pricing, allocating and paying back keep every cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import ageing, money, pricing
from bot.domain.ageing import Bucket

CENT = Decimal("0.01")
amounts = st.decimals(CENT, 10**12, places=2)
codes = st.sampled_from(["CNY", "USD", "JPY", "KWD"])
DAY = date(2026, 11, 20)
rates = st.decimals(Decimal("0.001"), 1000, places=3).map(
    lambda rate: money.Rates({"USD": rate}, DAY)
)


@given(
    st.integers(-(10**14), 10**14), st.lists(st.integers(0, 10**6), min_size=1, max_size=20), codes
)
def test_the_parts_of_a_sum_are_the_sum(units: int, weights: list[int], code: str):
    if not any(weights):
        weights[0] = 1
    step = money.unit(code)
    total = units * step
    parts = money.split(total, [Decimal(weight) for weight in weights], code)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert part % step == 0
        assert abs(part - total * weight / sum(weights)) < step


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 3]])
def test_weights_that_share_nothing_are_refused(weights: list[int]):
    with pytest.raises(ValueError, match=r"weights|empty"):
        money.split(Decimal(1), [Decimal(weight) for weight in weights], "CNY")


terms = st.lists(
    st.tuples(st.integers(-90, 90), amounts, st.sampled_from(["CNY", "USD", "EUR"])), max_size=8
).map(
    lambda found: [
        money.Open(number, DAY + timedelta(days), open_, code)
        for number, (days, open_, code) in enumerate(found)
    ]
)


@given(amounts, st.sampled_from(["CNY", "USD"]), terms, rates)
def test_a_receipt_goes_to_the_oldest_and_what_is_left_is_told(
    amount: Decimal, code: str, owed: list[money.Open], worth: money.Rates
):
    parts, left = money.allocate(amount, code, owed, worth)
    assert left >= 0
    assert sum((part.amount for part in parts), left) == amount
    by_id = {term.id: term for term in owed}
    for part in parts:
        assert part.amount > 0
        assert 0 <= part.settled <= by_id[part.term_id].open
        assert by_id[part.term_id].currency != "EUR"  # it has no rate
    ages = [by_id[part.term_id].due for part in parts]
    assert ages == sorted(ages)
    full = [part for part in parts if part.settled == by_id[part.term_id].open]
    payable = [term for term in owed if term.currency != "EUR"]
    if left:
        assert len(full) == len(payable)
    # In one currency what is taken is what is settled, and only the last is paid in part.
    for part in parts[:-1]:
        assert part.settled == by_id[part.term_id].open


@given(amounts, terms, st.decimals(0, 1, places=4))
def test_a_refund_takes_back_what_was_paid_the_newest_first(
    amount: Decimal, owed: list[money.Open], share: Decimal
):
    same = money.Rates({"USD": Decimal(1)}, DAY)
    parts, left = money.allocate(amount, "CNY", owed, same)
    paid = parts[::-1]
    wanted = money.rounded((amount - left) * share, "CNY")
    back, over = money.take_back(wanted, paid)
    assert over == 0
    assert sum((part.amount for part in back), Decimal(0)) == wanted
    assert [part.term_id for part in back] == [part.term_id for part in paid[: len(back)]]
    for taken, was in zip(back, paid, strict=False):
        assert taken.settled <= was.settled
    everything, over = money.take_back(amount - left + 1, paid)
    assert (everything, over) == (paid, 1)


@given(
    st.lists(
        st.tuples(
            st.decimals(0, 10**6, places=2),
            st.decimals(CENT, 1000, places=2),
            st.sampled_from([Decimal(0), Decimal("0.06"), Decimal("0.13")]),
        ),
        min_size=1,
        max_size=10,
    ),
    st.integers(0, 100),
    codes,
)
def test_the_lines_of_a_quote_add_up(
    lines: list[tuple[Decimal, Decimal, Decimal]], percent: int, code: str
):
    items = [pricing.Item("x", price, count, tax) for price, count, tax in lines]
    full = pricing.priced(items, Decimal(0), code)
    made = pricing.priced(items, Decimal(percent) / 100, code)
    assert sum(made.amounts) == made.net
    assert made.total == made.net + made.tax
    assert abs(made.net - full.net * (100 - percent) / 100) <= money.unit(code) / 2
    assert made.tax <= full.tax + money.unit(code) * 3
    assert all(amount % money.unit(code) == 0 for amount in (*made.amounts, made.net, made.tax))


@pytest.mark.parametrize("code", ["XXQ", "", "RMB!", "人民币"])
def test_what_is_no_currency_is_named(code: str):
    with pytest.raises(money.UnknownCurrency) as caught:
        money.currency(code)
    assert caught.value.code == code


def test_conversion_needs_a_rate():
    known = money.Rates({"USD": Decimal("7.1"), "EUR": Decimal("7.8")}, DAY)
    assert known.convert(Decimal(100), "USD", "CNY") == Decimal("710.00")
    assert known.convert(Decimal(100), "EUR", "USD") == Decimal("109.86")
    with pytest.raises(money.UnknownCurrency) as caught:
        known.convert(Decimal(1), "GBP", "CNY")
    assert (caught.value.code, caught.value.day) == ("GBP", DAY)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-5, Bucket.NOT_DUE),
        (0, Bucket.NOT_DUE),
        (1, Bucket.TO_30),
        (30, Bucket.TO_30),
        (31, Bucket.TO_60),
        (60, Bucket.TO_60),
        (61, Bucket.TO_90),
        (90, Bucket.TO_90),
        (91, Bucket.OVER_90),
    ],
)
def test_ageing(days: int, bucket: Bucket):
    assert ageing.bucket(days) is bucket
    assert ageing.aged([(DAY - timedelta(days), Decimal(5))], DAY) == {bucket: Decimal(5)}


@given(st.lists(st.tuples(st.integers(-200, 200), amounts)))
def test_buckets_hold_all_that_is_owed(owed: list[tuple[int, Decimal]]):
    found = ageing.aged([(DAY - timedelta(days), amount) for days, amount in owed], DAY)
    assert sum(found.values()) == sum(amount for _, amount in owed)


def test_receivable_days_count_back():
    months_ = [(30, Decimal(100_000)), (30, Decimal(80_000)), (30, Decimal(70_000))]
    assert ageing.receivable_days(Decimal(212_000), months_) == pytest.approx(60 + 30 * 32 / 70)
    assert ageing.receivable_days(Decimal(50_000), months_) == 15
    assert ageing.receivable_days(Decimal(0), months_) == 0
    assert ageing.receivable_days(Decimal(250_000), months_) == 90
    assert ageing.receivable_days(Decimal(250_001), months_) is None


@given(
    st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=12), st.decimals(0, 1, places=2)
)
def test_receivable_days_grow_with_what_is_owed(billed: list[Decimal], share: Decimal):
    listed = [(30, amount) for amount in billed]
    total = sum(billed, Decimal(0))
    part = ageing.receivable_days(total * share, listed)
    whole = ageing.receivable_days(total, listed)
    assert part is not None
    assert whole is not None
    assert 0 <= part <= whole + 1e-9 <= 30 * len(billed) + 1e-6


def test_months_cover_every_day_once():
    found = ageing.months([(date(2026, 11, 3), Decimal(5)), (date(2026, 10, 31), Decimal(7))], DAY)
    assert found[:3] == [(20, Decimal(5)), (31, Decimal(7)), (30, Decimal(0))]
    assert sum(days for days, _ in found) == (DAY - date(2024, 12, 1)).days + 1


def test_paid_on_time():
    assert ageing.on_time([]) is None
    assert ageing.on_time([(DAY, DAY), (DAY, DAY + timedelta(1))]) == 0.5


def test_the_ladder_tells_the_highest_step_only():
    assert [step.days for step in ageing.ladder()] == [7, 30]
    assert ageing.reached(6) is None
    found = [ageing.reached(days) for days in (7, 29, 30, 400)]
    assert [step.days for step in found if step] == [7, 7, 30, 30]


def test_margin_is_what_is_left():
    found = money.Margin(Decimal(1000), Decimal(600), Decimal(150))
    assert (found.profit, found.rate) == (Decimal(250), Decimal("0.25"))
    assert money.Margin(Decimal(0), Decimal(1), Decimal(0)).rate is None


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("CAM-01×10", pricing.Wanted("CAM-01", Decimal(10))),
        ("CAM-01*2.5", pricing.Wanted("CAM-01", Decimal("2.5"))),
        ("培训x2@1500", pricing.Wanted("培训", Decimal(2), Decimal(1500))),
        ("CAM-01", pricing.Wanted("CAM-01")),
    ],
)
def test_what_a_line_of_a_quote_asks_for(word: str, wanted: pricing.Wanted):
    assert pricing.wanted(word) == wanted


@pytest.mark.parametrize(
    ("text", "share"),
    [("13%", Decimal("0.13")), ("100", Decimal(1)), ("101%", None), ("-1", None), ("NaN", None)],
)
def test_a_share(text: str, share: Decimal | None):
    assert pricing.share(text) == share
