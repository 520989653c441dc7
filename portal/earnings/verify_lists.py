"""Lists and daily sums say what lines, decisions and payouts say: each check names the row it fails on."""

from datetime import datetime
from typing import Any

from portal import db
from portal.earnings.gather import identity
from portal.earnings.rows import NEWEST
from portal.earnings.tables import Entry, Renewal
from portal.earnings.upkeep import origin_told

# How every line looks, worked out anew.
LINES = """
    SELECT c.id, c.enrollment, c."transaction" AS event, c.sale, c.currency, t.happened_at, c.booked_on,
        c.released_on, c.minor, c.kind, COALESCE(p.run_month, '') AS run,
        CASE WHEN b.minor = 0 AND b.claimed = 0 THEN 'reversed'
            WHEN c.minor < 0 AND p.id IS NULL AND b.claimed > 0 THEN 'taken_back' ELSE '' END AS look
    FROM commission c
    JOIN money_event t ON t.id = c."transaction"
    LEFT JOIN payout_line l ON l.commission = c.id
    LEFT JOIN payout p ON p.id = l.payout
    JOIN (
        SELECT x.sale, x.enrollment, SUM(x.minor) AS minor, COUNT(m.id) AS claimed
        FROM commission x LEFT JOIN payout_line m ON m.commission = x.id GROUP BY x.sale, x.enrollment
    ) b ON b.sale = c.sale AND b.enrollment = c.enrollment"""
NOT_COUNTED = f"""
    SELECT t.id, d.enrollment FROM decision d JOIN money_event t ON t.id = d."transaction"
    WHERE t.kind = 'payment' AND d.outcome <> 'sale' AND d.enrollment IS NOT NULL AND {NEWEST}
    AND NOT EXISTS (
        SELECT 1 FROM commission c WHERE c."transaction" = t.id AND c.enrollment = d.enrollment)"""  # noqa: S608


async def lines_are_listed(_: datetime) -> list[str]:
    rows = await Entry.raw(
        f"""
        SELECT x.id FROM ({LINES}) x LEFT JOIN ledger_entry e ON e.id = x.id
            AND e.enrollment = x.enrollment AND e.event = x.event AND e.sale = x.sale
            AND e.currency = x.currency AND e.at = x.happened_at AND e.booked_on = x.booked_on
            AND e.released_on = x.released_on AND e.minor = x.minor AND e.kind = x.kind
            AND e.run = x.run AND e.look = x.look
        WHERE e.id IS NULL
        UNION ALL
        SELECT e.id FROM ledger_entry e LEFT JOIN commission c ON c.id = e.id
        WHERE e.kind <> '' AND c.id IS NULL
        """  # noqa: S608 - our own words
    )
    return [f"Line {identity(row['id'])} is not listed as it stands in the books." for row in rows]


async def origins_are_those_of_decisions(_: datetime) -> list[str]:
    rows = await Entry.raw(
        f"SELECT e.id FROM ledger_entry e WHERE e.kind <> '' AND e.origin <> {origin_told(db.dialect(), 'e')}"  # noqa: S608 - our own words
    )
    return [f"Line {identity(row['id'])} is listed as from somewhere else." for row in rows]


async def what_did_not_count_is_listed(_: datetime) -> list[str]:
    rows = await Entry.raw(
        f"""
        SELECT x.id FROM ({NOT_COUNTED}) x LEFT JOIN ledger_entry e
            ON e.id = x.id AND e.enrollment = x.enrollment AND e.look = 'not_counted'
        WHERE e.id IS NULL
        UNION ALL
        SELECT e.id FROM ledger_entry e LEFT JOIN ({NOT_COUNTED}) x
            ON x.id = e.id AND x.enrollment = e.enrollment
        WHERE e.look = 'not_counted' AND x.id IS NULL
        """  # noqa: S608 - our own words
    )
    return [f"Payment {identity(row['id'])} did not count, and is not listed so." for row in rows]


async def sums_are_those_of_the_list(_: datetime) -> list[str]:
    day = "date(at)" if db.dialect() == "sqlite" else "(at AT TIME ZONE 'UTC')::date"
    rows: list[dict[str, Any]] = await Entry.raw(
        f"""
        SELECT enrollment, currency, look, run, booked_on, released_on FROM (
            SELECT enrollment, currency, look, run, COALESCE(booked_on, {day}) AS booked_on,
                COALESCE(released_on, {day}) AS released_on, minor, 1 AS lines,
                CASE WHEN kind = 'sale' THEN 1 ELSE 0 END AS sales
            FROM ledger_entry
            UNION ALL
            SELECT enrollment, currency, look, run, booked_on, released_on, -minor, -lines, -sales
            FROM ledger_sum
        ) x GROUP BY enrollment, currency, look, run, booked_on, released_on
        HAVING SUM(minor) <> 0 OR SUM(lines) <> 0 OR SUM(sales) <> 0
        """  # noqa: S608 - our own words
    )
    return [
        f"The sum of {identity(row['enrollment'])} in {row['currency']} on {row['booked_on']} is not that of "
        f"its lines ({row['look'] or 'plain'}, run {row['run'] or 'none'})."
        for row in rows
    ]


async def renewals_are_of_running_subscriptions(_: datetime) -> list[str]:
    """Forecasts speak of every subscription that runs and whose newest payment was a sale."""
    rows = await Renewal.raw(
        f"""
        SELECT s.external_id FROM subscription s
        JOIN (
            SELECT id, subscription, ROW_NUMBER() OVER (
                PARTITION BY subscription ORDER BY happened_at DESC, external_id DESC) AS turn
            FROM money_event WHERE subscription IS NOT NULL
        ) t ON t.subscription = s.id AND t.turn = 1
        JOIN decision d ON d."transaction" = t.id AND d.outcome = 'sale' AND {NEWEST}
        LEFT JOIN renewal r ON r.id = s.id AND r.enrollment = s.enrollment
        WHERE s.ended_at IS NULL AND s.enrollment IS NOT NULL AND r.id IS NULL
        UNION ALL
        SELECT s.external_id FROM renewal r JOIN subscription s ON s.id = r.id
        WHERE r.enrollment IS NOT NULL AND (s.ended_at IS NOT NULL OR s.enrollment IS NULL
            OR s.enrollment <> r.enrollment)
        """  # noqa: S608 - our own words
    )
    return [f"What subscription {row['external_id']} pays next is not told rightly." for row in rows]


LIST_CHECKS = (
    lines_are_listed,
    origins_are_those_of_decisions,
    what_did_not_count_is_listed,
    sums_are_those_of_the_list,
    renewals_are_of_running_subscriptions,
)
