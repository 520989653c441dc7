"""How the amount of one sale adds up, for people: every line follows from the lines above it."""

from dataclasses import dataclass, replace

from portal.earnings.rules import Arithmetic, TransactionKind
from portal.earnings.story import Happening, Tale
from portal.money import Money
from portal.templating import money, rate


@dataclass(frozen=True)
class Sum:
    """One line of the arithmetic."""

    words: str
    amount: str = ""
    sign: str = ""
    note: str = ""
    look: str = ""


def arithmetic(tale: Tale) -> tuple[Sum, ...]:
    return _counted(tale) if tale.counts and tale.arithmetic else _difference(tale)


def _counted(tale: Tale) -> tuple[Sum, ...]:
    sums = tale.arithmetic
    if sums is None or sums.rate_bps is None:
        return ()
    tier = tale.terms.tier(tale.because.tier or "").name
    lines = [
        Sum(f"{tale.day(tale.paid_on)}, the payment", look="caption"),
        *(_from_the_list_price(tale, sums) or _from_the_charge(sums)),
        Sum(f"Your rate that day, {tier}", rate(sums.rate_bps), "×"),
        Sum("Commission booked", money(sums.due or tale.due), "=", look="result"),
    ]
    for one in tale.happenings:
        lines += _correction(tale, one)
    lines.append(Sum("Your commission for this sale", money(tale.due), look="total"))
    return tuple(lines)


def _from_the_list_price(tale: Tale, sums: Arithmetic) -> list[Sum]:
    """Down to the base. Empty where no discount of the program makes the whole difference in price."""
    listed, given, paid = tale.because.list_price, tale.because.given, tale.payment.price_paid
    if listed is None or given is None or given.is_zero or listed - given != paid or paid < sums.base:
        return []
    lines = [Sum("List price", money(listed)), Sum("Discount that the program gave", money(given), "−")]
    if paid != sums.base:
        more = "Tax in it" if paid - sums.base == sums.tax else "Tax in it, and what was paid by credit"
        lines += [Sum("Price with the discount", money(paid), "="), Sum(more, money(paid - sums.base), "−")]
    tax = "" if sums.tax.is_zero else f", {money(sums.tax)} of it tax"
    charged = "" if sums.charged == paid else f"Charged to the customer: {money(sums.charged)}{tax}"
    return [*lines, replace(_base(sums, "="), note=charged)]


def _from_the_charge(sums: Arithmetic) -> list[Sum]:
    rest = sums.charged - sums.base
    if rest.minor < 0:
        return [_base(sums, "")]
    lines = [Sum("Charged to the customer", money(sums.charged))]
    if not rest.is_zero:
        words = "Tax" if rest == sums.tax else "Tax, and what is not the plan"
        lines.append(Sum(words, money(rest), "−"))
    return [*lines, _base(sums, "=")]


def _base(sums: Arithmetic, sign: str) -> Sum:
    return Sum("Base: paid for the plan, without tax", money(sums.base), sign, look="result")


def _correction(tale: Tale, one: Happening) -> list[Sum]:
    sums = one.arithmetic
    if one.change.is_zero or sums is None or sums.due is None or sums.base_left is None:
        return []
    happened = "dispute lost" if one.kind is TransactionKind.DISPUTE else "refunded to the customer"
    amount = "" if one.kind is TransactionKind.DISPUTE else f"{money(one.amount)} "
    rate_bps = sums.rate_bps or 0
    exact = sums.base_left.portion(rate_bps) == sums.due
    return [
        Sum(f"{tale.day(one.on)}, {amount}{happened}", look="caption"),
        Sum("Base that is left", money(sums.base_left), note="" if exact else "rounded only to be shown"),
        Sum("The same rate", rate(rate_bps), "×"),
        Sum("Commission that is due now", money(sums.due), "=", look="result"),
        Sum(
            "Correction booked",
            money(one.change),
            note=f"{money(sums.due)} due − {money(sums.booked_before or tale.due)} booked before",
        ),
    ]


def _difference(tale: Tale) -> tuple[Sum, ...]:
    because, paid, base = tale.because, tale.payment.price_paid, tale.payment.base
    nothing = Money.zero(paid.currency)
    listed = because.list_price
    lines = []
    if listed and listed > paid:
        lines = [
            Sum("List price", money(listed)),
            Sum("Taken off", money(listed - paid), "−"),
            Sum("Price that the customer paid", money(paid), "=", look="result"),
            Sum("Of what was taken off, given by this program", money(because.given or nothing)),
        ]
    else:
        lines = [Sum("Paid by the customer, without tax", money(base))]
    lines += [
        Sum("Counts as a sale", "No"),
        Sum("Your commission for this payment", money(nothing), look="total"),
    ]
    return tuple(lines)
