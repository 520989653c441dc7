"""Reading a table of a TOML file key by key, so that every problem is told in one go."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from portal.money import Money, NotMoney, exponent

Harmless = TypeVar("Harmless")


class FileTable:
    """One TOML table: hands out its values, notes what is wrong, goes on with something harmless."""

    def __init__(self, values: Mapping[str, Any], path: str, problems: list[str]) -> None:
        self._values, self._path, self._problems = values, path, problems
        self._asked: set[str] = set()
        self.given = bool(values)

    def text(self, key: str, longest: int = 2_000) -> str:
        value = self._get(key)
        if isinstance(value, str) and 0 < len(value.strip()) <= longest:
            return value.strip()
        return self._wrong(key, f"must be a text of 1 to {longest} characters", "?")

    def short(self, key: str, longest: int) -> str:
        """A text that may be missing."""
        return self.text(key, longest) if key in self._values else self._nothing(key)

    def one_word(self, key: str, words: Collection[str]) -> str:
        """One of these words, or nothing."""
        value = self._get(key, "")
        if value == "" or value in words:
            return str(value)
        return self._wrong(key, "must be one of: " + ", ".join(sorted(words)), "")

    def _nothing(self, key: str) -> str:
        self._asked.add(key)
        return ""

    def matching(self, key: str, pattern: re.Pattern[str], of: str) -> str:
        value = self._get(key)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        return self._wrong(key, f"must be {of}", "x")

    def address(self, key: str) -> str:
        value = self.text(key)
        if urlsplit(value).scheme == "https" and urlsplit(value).hostname:
            return value
        return self._wrong(key, "must be an address that begins with https://", value)

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        value = self._get(key, [])
        if (
            isinstance(value, list)
            and all(isinstance(item, str) and item for item in value)
            and (value or not needed)
        ):
            return tuple(value)
        return self._wrong(key, "must be a list of texts", ())

    def whole(self, key: str, default: int | None, lowest: int, highest: int) -> int:
        value = self._get(key, default)
        if type(value) is int and lowest <= value <= highest:
            return value
        return self._wrong(key, f"must be a whole number from {lowest} to {highest}", lowest)

    def has(self, key: str) -> bool:
        return key in self._values

    def yes(self, key: str, *, default: bool) -> bool:
        value = self._get(key, default)
        return value if isinstance(value, bool) else self._wrong(key, "must be true or false", default)

    def day(self, key: str) -> date:
        value = self._get(key)
        return (
            value if type(value) is date else self._wrong(key, "must be a date such as 2026-01-31", date.min)
        )

    def words(self, key: str) -> str:
        """A text that may be missing."""
        value = self._get(key, "")
        return value.strip() if isinstance(value, str) else self._wrong(key, "must be a text", "")

    def one_of(self, key: str, choices: type[StrEnum], default: str) -> str:
        value = self._get(key, str(default))
        if value in list(choices):
            return str(value)
        return self._wrong(key, "must be one of: " + ", ".join(choices), str(default))

    def currency(self, key: str) -> str:
        value = self.text(key)
        try:
            exponent(value)
        except NotMoney:
            return self._wrong(key, "must be an ISO 4217 code such as USD", "USD")
        return value

    def money(self, key: str, currency: str) -> Money:
        value = self._get(key)
        try:
            # A TOML float has already lost digits, so prices are written as texts.
            return Money.from_decimal_text(value if isinstance(value, str) else "", currency)
        except NotMoney:
            return self._wrong(
                key, f'must be an amount in {currency} in quotes, such as "119.00"', Money(1, currency)
            )

    def timezone(self, key: str) -> str:
        value = self.text(key)
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            return self._wrong(key, "must be a time zone such as UTC or Europe/Berlin", "UTC")
        return value

    def table(self, key: str, *, needed: bool = True) -> "FileTable":
        value = self._get(key, None if needed else {})
        if not isinstance(value, Mapping):
            value = self._wrong(key, "must be a table", {})
        return FileTable(value, f"{self._path}{key}.", self._problems)

    def tables(self, key: str, *, needed: bool = True) -> list["FileTable"]:
        value = self._get(key)
        if value is None and not needed:
            return []
        if not isinstance(value, list) or not value or not all(isinstance(item, Mapping) for item in value):
            self._wrong(key, "must be a list of tables with at least one entry", None)
            return []
        return [
            FileTable(item, f"{self._path}{key}[{at}].", self._problems) for at, item in enumerate(value, 1)
        ]

    def note(self, key: str, problem: str) -> None:
        """What is wrong with a value that has the right type."""
        self._problems.append(f"{self._path}{key}: {problem}")

    def refuse_the_rest(self) -> None:
        for key in self._values.keys() - self._asked:
            self._problems.append(f"{self._path}{key} is not a key that the portal knows.")

    def _get(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return self._values.get(key, default)

    def _wrong(self, key: str, must: str, instead: Harmless) -> Harmless:
        there = key in self._values
        self._problems.append(
            f"{self._path}{key} {must}." if there else f"{self._path}{key} is missing; it {must}."
        )
        return instead
