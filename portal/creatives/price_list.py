"""The program's plans as the comparison sheet prints them, with what a code leaves of the first payment."""

import re
from dataclasses import replace
from decimal import Decimal

from babel.numbers import format_currency

from assets_gen import Plan as Printed
from portal.creatives.kits import Holder
from portal.money import Money, divided, exponent
from portal.programs.rules import Period, Plan, ProgramTerms

MONTHS = 12


def price_list(terms: ProgramTerms, who: Holder) -> tuple[Printed, ...]:
    """A plan that is paid by the month and by the year is one line of it."""
    rows: list[Printed] = []
    for plan in terms.plans:
        said = _printed(plan, who)
        at = next((at for at, row in enumerate(rows) if _complete(row, said)), None)
        if at is None:
            rows.append(said)
        else:
            rows[at] = _joined(rows[at], said)
    return tuple(rows)


def _complete(row: Printed, said: Printed) -> bool:
    return row.name == said.name and bool(row.monthly) != bool(said.monthly)


def _joined(one: Printed, other: Printed) -> Printed:
    tried = one if one.trial_days else other
    return Printed(
        one.name,
        one.monthly or other.monthly,
        one.first_monthly or other.first_monthly,
        one.yearly or other.yearly,
        one.yearly_a_month or other.yearly_a_month,
        one.first_yearly or other.first_yearly,
        tried.trial_days,
        tried.trial_price,
    )


def _printed(plan: Plan, who: Holder) -> Printed:
    price, spoken = written(plan.price, who.language), who.language
    saves = who.code and who.percent_bps
    first = written(plan.price - plan.price.portion(who.percent_bps), spoken) if saves else ""
    trial = plan.trial
    own = Printed(
        plan.name,
        trial_days=trial.days if trial else 0,
        trial_price=written(trial.price, spoken) if trial and trial.price.minor else "",
    )
    if plan.period is Period.MONTH:
        return replace(own, monthly=price, first_monthly=first)
    month = Money(divided(plan.price.minor, MONTHS), plan.price.currency)
    return replace(own, yearly=price, yearly_a_month=written(month, spoken), first_yearly=first)


def written(amount: Money, language: str) -> str:
    """In the language's form, whole amounts without zeros: $59, 59 €."""
    digits = exponent(amount.currency)
    text = format_currency(
        Decimal(amount.minor).scaleb(-digits), amount.currency, locale=language, numbering_system="latn"
    )
    return re.sub(rf"[.,]0{{{digits}}}(?=\D*\Z)", "", text) if digits else text
