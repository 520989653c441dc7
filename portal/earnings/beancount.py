"""The books in beancount's language: what is owed to affiliates, what was paid, what it cost."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.earnings.gather import identity
from portal.earnings.tables import Commission, Payout
from portal.money import Money

BEGINNING = "1970-01-01"
EXPENSES, BANK = "Expenses:Commissions", "Assets:Bank:Payouts"


@dataclass(frozen=True)
class _Entry:
    """Two postings that cancel out; `id` tells it apart for ever."""

    on: date
    id: str
    payee: str
    what: str
    debit: str
    credit: str
    amount: Money


async def beancount_text() -> str:
    """Every line and every payout that was paid, oldest first. `bean-check` accepts it."""
    entries = sorted([*await _lines(), *await _payouts()], key=lambda entry: (entry.on, entry.id))
    accounts = sorted({account for entry in entries for account in (entry.debit, entry.credit)})
    parts = ['option "title" "Affiliate commissions"', ""]
    parts += [f"{BEGINNING} open {account}" for account in accounts]
    for entry in entries:
        parts += ["", *_posted(entry)]
    parts += ["", *_balances(entries)]
    return "\n".join(parts).rstrip() + "\n"


async def _lines() -> list[_Entry]:
    rows = await Commission.raw(
        """
        SELECT c.id, c.enrollment, c.kind, c.minor, c.currency, c.booked_on, a.email, p.slug, t.external_id
        FROM commission c
        JOIN enrollment e ON e.id = c.enrollment
        JOIN affiliate a ON a.id = e.affiliate
        JOIN program p ON p.id = c.program
        JOIN money_event t ON t.id = c."transaction"
        """
    )
    return [
        _Entry(
            row["booked_on"],
            str(identity(row["id"])),
            row["email"],
            f"{row['kind']} {row['external_id']}",
            f"{EXPENSES}:{_word(row['slug'])}",
            _owed(row),
            Money(row["minor"], row["currency"]),
        )
        for row in rows
    ]


async def _payouts() -> list[_Entry]:
    rows = await Payout.raw(
        """
        SELECT o.id, o.enrollment, o.run_month, o.minor, o.currency, o.paid_on, a.email, p.slug
        FROM payout o
        JOIN enrollment e ON e.id = o.enrollment
        JOIN affiliate a ON a.id = e.affiliate
        JOIN program p ON p.id = o.program
        WHERE o.paid_on IS NOT NULL
        """
    )
    return [
        _Entry(
            row["paid_on"],
            str(identity(row["id"])),
            row["email"],
            f"payout of {row['run_month']}",
            _owed(row),
            BANK,
            Money(row["minor"], row["currency"]),
        )
        for row in rows
    ]


def _owed(row: dict[str, Any]) -> str:
    # Names change and may be alike: the enrollment's id does not and is not.
    return f"Liabilities:Affiliates:{_word(row['slug'])}:E{identity(row['enrollment']).hex.upper()}"


def _word(slug: str) -> str:
    """An account's part begins with a capital or a digit and holds letters, digits and hyphens."""
    plain = re.sub(r"[^A-Za-z0-9-]", "-", slug)
    return plain[:1].upper() + plain[1:]


def _posted(entry: _Entry) -> list[str]:
    amount = f"{entry.amount.decimal_text()} {entry.amount.currency}"
    back = f"{(-entry.amount).decimal_text()} {entry.amount.currency}"
    return [
        f'{entry.on.isoformat()} * "{_quoted(entry.payee)}" "{_quoted(entry.what)}"',
        f'  id: "{entry.id}"',
        f"  {entry.debit}  {amount}",
        f"  {entry.credit}  {back}",
    ]


def _balances(entries: Iterable[_Entry]) -> list[str]:
    """What is owed in the end, for bean-check to compare with the entries."""
    sums: dict[tuple[str, str], Money] = {}
    last = date.fromisoformat(BEGINNING)
    for entry in entries:
        last = max(last, entry.on)
        for account, amount in ((entry.debit, entry.amount), (entry.credit, -entry.amount)):
            key = account, amount.currency
            sums[key] = sums.get(key, Money.zero(amount.currency)) + amount
    day = date.fromordinal(last.toordinal() + 1).isoformat()
    return [
        f"{day} balance {account}  {amount.decimal_text()} {currency}"
        for (account, currency), amount in sorted(sums.items())
    ]


def _quoted(text: str) -> str:
    return " ".join(text.replace("\\", "\\\\").replace('"', '\\"').split())
