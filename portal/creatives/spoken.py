"""The files in texts/: what affiliates copy and tell their readers, a language each, read once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_currency

from portal.programs.rules import Trial

HERE = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text before it is filled in; `subject` and `preview` are an e-mail's."""

    text: str
    subject: str = ""
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    code: str
    label: str
    label_beside: str
    linked: str
    disclosures: Mapping[str, str]  # by channel
    texts: Mapping[str, Pattern]
    _date: str
    _prices: str  # whose way of writing them
    _trial_free: str
    _trial_paid: str

    def day(self, value: date) -> str:
        return format_date(value, self._date, locale=self.code)

    def trial(self, trial: Trial) -> str:
        if trial.price.is_zero:
            return self._trial_free.format(days=trial.days)
        amount, currency = Decimal(trial.price.decimal_text()), trial.price.currency
        price = format_currency(amount, currency, locale=self._prices)
        return self._trial_paid.format(days=trial.days, price=price)


@cache
def spoken(language: str) -> Spoken:
    data = tomllib.loads((HERE / f"{language}.toml").read_text("utf-8"))
    disclosure = data.pop("disclosure")
    prices = data.pop("prices", language)
    words = {key: data.pop(key) for key in ("label_beside", "linked", "date", "trial_free", "trial_paid")}
    return Spoken(
        code=language,
        label=disclosure.pop("label"),
        label_beside=words["label_beside"],
        linked=words["linked"],
        disclosures=disclosure,
        texts={
            key: Pattern(**{part: said.strip() for part, said in text.items()}) for key, text in data.items()
        },
        _date=words["date"],
        _prices=prices,
        _trial_free=words["trial_free"],
        _trial_paid=words["trial_paid"],
    )
