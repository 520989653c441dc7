"""Triggers that keep an affiliate's list and its daily sums in step with lines, decisions and payouts.

Decided: the database keeps them itself, within the statement that books. Nothing that books can forget them,
a page of 100,000 lines reads a handful of sums, and `portal verify` proves both equal to the lines. Rejected:
sums worked out when a page asks (too slow), and sums that the code writes (one forgotten place is enough).

`ledger_entry` holds what a list is filtered and paged by; `ledger_sum` adds it up by day, release and run.
"""

from portal.db import Dialect

# How an entry looks apart from its state: see tables.Entry.
REVERSED, TAKEN_BACK, NOT_COUNTED = "reversed", "taken_back", "not_counted"

COLUMNS = "id, enrollment, event, sale, currency, at, booked_on, released_on, minor, kind, look, run, origin"
SUM_KEY = "enrollment, currency, look, run, booked_on, released_on"
SAME_SALE = (
    "s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted'"
)
# Reversed: a sale and what took it back came to nothing before any run claimed them. Taken back: a negative
# line of a sale that a run has claimed already.
LOOK = f"""CASE
    WHEN (SELECT SUM(s.minor) FROM ledger_entry s WHERE {SAME_SALE}) = 0
        AND NOT EXISTS (SELECT 1 FROM ledger_entry s WHERE {SAME_SALE} AND s.run <> '') THEN 'reversed'
    WHEN ledger_entry.minor < 0 AND ledger_entry.run = ''
        AND EXISTS (SELECT 1 FROM ledger_entry s WHERE {SAME_SALE} AND s.run <> '') THEN 'taken_back'
    ELSE '' END"""
NOT_A_SALE = """t.kind = 'payment' AND {d}.outcome <> 'sale' AND {d}.enrollment IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM commission c WHERE c."transaction" = t.id AND c.enrollment = {d}.enrollment)"""


def origin(dialect: Dialect, decision: str) -> str:
    """Where a sale came from, as the list is filtered by it: a code, a placement, the bare link or nothing."""

    def told(name: str) -> str:
        if dialect == "sqlite":
            return f"json_extract({decision}.because, '$.{name}')"
        return f"(NULLIF({decision}.because, '')::json ->> '{name}')"

    return f"""CASE WHEN {decision}.because = '' THEN ''
        WHEN COALESCE({told("code")}, '') <> '' THEN 'code:' || {told("code")}
        WHEN COALESCE({told("placement")}, '') <> '' THEN 'at:' || {told("placement")}
        WHEN {told("click_at")} IS NOT NULL THEN 'link' ELSE '' END"""


def origin_told(dialect: Dialect, line: str) -> str:
    """What the newest decision says that gave the line's sale to its affiliate.

    Nothing for a share of somebody else's sale. What takes back the line of a sale that was moved away came from
    where that line did.
    """
    return f"""COALESCE((SELECT {origin(dialect, "d")} FROM decision d
        WHERE d."transaction" = {line}.sale AND d.enrollment = {line}.enrollment
        ORDER BY d.seq DESC LIMIT 1), '')"""


def _add(sign: str, rows: str, dialect: Dialect) -> str:
    """Adds rows of entries to their sums, or takes them out. In the order of enrollments, as all lock them."""
    day = "date(n.at)" if dialect == "sqlite" else "(n.at AT TIME ZONE 'UTC')::date"
    key = f"n.enrollment, n.currency, n.look, n.run, COALESCE(n.booked_on, {day}), COALESCE(n.released_on, {day})"
    return f"""INSERT INTO ledger_sum ({SUM_KEY}, minor, lines, sales)
        SELECT {key}, {sign}SUM(n.minor), {sign}COUNT(*), {sign}SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM {rows} n WHERE 1 = 1 GROUP BY {key} ORDER BY {key}
        ON CONFLICT ({SUM_KEY}) DO UPDATE SET minor = ledger_sum.minor + excluded.minor,
        lines = ledger_sum.lines + excluded.lines, sales = ledger_sum.sales + excluded.sales"""


def _take_out(rows: str, dialect: Dialect) -> str:
    """Sums without a line are dropped: else every run would leave as many empty ones behind as it claims."""
    day = "date(n.at)" if dialect == "sqlite" else "(n.at AT TIME ZONE 'UTC')::date"
    key = f"n.enrollment, n.currency, n.look, n.run, COALESCE(n.booked_on, {day}), COALESCE(n.released_on, {day})"
    return f"""{_add("-", rows, dialect)};
        DELETE FROM ledger_sum WHERE lines = 0 AND ({SUM_KEY}) IN (SELECT {key} FROM {rows} n)"""


def _looks(of: str) -> str:
    return f"""UPDATE ledger_entry SET look = {LOOK}
        WHERE look <> 'not_counted' AND {of} AND look <> {LOOK}"""


# SQLite: row by row


def _one_row(row: str) -> str:
    columns = ", ".join(f"{row}.{name} AS {name}" for name in COLUMNS.split(", "))
    return f"(SELECT {columns})"


_SALE_OF = (
    "(sale, enrollment) = (SELECT c.sale, c.enrollment FROM commission c WHERE c.id = {row}.commission)"
)

SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS commission_listed AFTER INSERT ON commission BEGIN
        DELETE FROM ledger_entry WHERE id = NEW."transaction" AND enrollment = NEW.enrollment;
        INSERT INTO ledger_entry ({COLUMNS})
        SELECT NEW.id, NEW.enrollment, NEW."transaction", NEW.sale, NEW.currency, t.happened_at, NEW.booked_on,
            NEW.released_on, NEW.minor, NEW.kind, '', '', {origin_told("sqlite", "NEW")}
        FROM money_event t WHERE t.id = NEW."transaction";
        {_looks("NEW.kind <> 'sale' AND sale = NEW.sale AND enrollment = NEW.enrollment")};
    END""",
    f"""CREATE TRIGGER IF NOT EXISTS decision_listed AFTER INSERT ON decision BEGIN
        DELETE FROM ledger_entry WHERE NEW.seq > 1 AND id = NEW."transaction";
        UPDATE ledger_entry SET origin = {origin("sqlite", "NEW")}
        WHERE NEW.seq > 1 AND sale = NEW."transaction" AND enrollment = NEW.enrollment
            AND origin <> {origin("sqlite", "NEW")};
        INSERT INTO ledger_entry ({COLUMNS})
        SELECT t.id, NEW.enrollment, t.id, t.id, t.currency, t.happened_at, NULL, NULL, 0, '', 'not_counted', '',
            {origin("sqlite", "NEW")}
        FROM money_event t WHERE t.id = NEW."transaction" AND {NOT_A_SALE.format(d="NEW")};
    END""",
    f"""CREATE TRIGGER IF NOT EXISTS payout_line_listed AFTER INSERT ON payout_line BEGIN
        UPDATE ledger_entry SET look = '', run = (SELECT run_month FROM payout WHERE id = NEW.payout)
        WHERE id = NEW.commission;
        {_looks(_SALE_OF.format(row="NEW"))};
    END""",
    f"""CREATE TRIGGER IF NOT EXISTS payout_line_left AFTER DELETE ON payout_line BEGIN
        UPDATE ledger_entry SET run = '' WHERE id = OLD.commission;
        {_looks(_SALE_OF.format(row="OLD"))};
    END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_added AFTER INSERT ON ledger_entry BEGIN
        {_add("", _one_row("NEW"), "sqlite")};
    END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_moved AFTER UPDATE OF look, run ON ledger_entry BEGIN
        {_take_out(_one_row("OLD"), "sqlite")};
        {_add("", _one_row("NEW"), "sqlite")};
    END""",
    f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_gone AFTER DELETE ON ledger_entry BEGIN
        {_take_out(_one_row("OLD"), "sqlite")};
    END""",
)

# PostgreSQL: once for all rows of a statement


def _function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NULL; END $$"
    )


def _trigger(name: str, verb: str, table: str, rows: str) -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


_SALES_OF = """(sale, enrollment) IN (
    SELECT c.sale, c.enrollment FROM commission c JOIN {rows} x ON x.commission = c.id)"""

POSTGRES = (
    _function(
        "commission_listed",
        f"""DELETE FROM ledger_entry e USING fresh n WHERE e.id = n."transaction" AND e.enrollment = n.enrollment;
        INSERT INTO ledger_entry ({COLUMNS})
        SELECT n.id, n.enrollment, n."transaction", n.sale, n.currency, t.happened_at, n.booked_on,
            n.released_on, n.minor, n.kind, '', '', {origin_told("postgres", "n")}
        FROM fresh n JOIN money_event t ON t.id = n."transaction";
        IF EXISTS (SELECT 1 FROM fresh n WHERE n.kind <> 'sale') THEN
            {_looks("(sale, enrollment) IN (SELECT n.sale, n.enrollment FROM fresh n WHERE n.kind <> 'sale')")};
        END IF;""",
    ),
    _trigger("commission_listed", "INSERT", "commission", "NEW TABLE AS fresh"),
    _function(
        "decision_listed",
        f"""IF EXISTS (SELECT 1 FROM fresh n WHERE n.seq > 1) THEN
            DELETE FROM ledger_entry e USING fresh n WHERE n.seq > 1 AND e.id = n."transaction";
            UPDATE ledger_entry e SET origin = {origin("postgres", "n")} FROM fresh n
            WHERE n.seq > 1 AND e.sale = n."transaction" AND e.enrollment = n.enrollment
                AND e.origin <> {origin("postgres", "n")};
        END IF;
        INSERT INTO ledger_entry ({COLUMNS})
        SELECT t.id, n.enrollment, t.id, t.id, t.currency, t.happened_at, NULL::date, NULL::date, 0, '',
            'not_counted', '', {origin("postgres", "n")}
        FROM fresh n JOIN money_event t ON t.id = n."transaction" WHERE {NOT_A_SALE.format(d="n")};""",
    ),
    _trigger("decision_listed", "INSERT", "decision", "NEW TABLE AS fresh"),
    _function(
        "payout_line_listed",
        f"""UPDATE ledger_entry e SET look = '', run = p.run_month
        FROM fresh n JOIN payout p ON p.id = n.payout WHERE e.id = n.commission;
        {_looks(_SALES_OF.format(rows="fresh"))};""",
    ),
    _trigger("payout_line_listed", "INSERT", "payout_line", "NEW TABLE AS fresh"),
    _function(
        "payout_line_left",
        f"""UPDATE ledger_entry e SET run = '' FROM stale o WHERE e.id = o.commission;
        {_looks(_SALES_OF.format(rows="stale"))};""",
    ),
    _trigger("payout_line_left", "DELETE", "payout_line", "OLD TABLE AS stale"),
    _function("ledger_entry_added", f"""{_add("", "fresh", "postgres")};"""),
    _trigger("ledger_entry_added", "INSERT", "ledger_entry", "NEW TABLE AS fresh"),
    _function(
        "ledger_entry_moved",
        f"""{_take_out("stale", "postgres")}; {_add("", "fresh", "postgres")};""",
    ),
    _trigger("ledger_entry_moved", "UPDATE", "ledger_entry", "OLD TABLE AS stale NEW TABLE AS fresh"),
    _function("ledger_entry_gone", f"""{_take_out("stale", "postgres")};"""),
    _trigger("ledger_entry_gone", "DELETE", "ledger_entry", "OLD TABLE AS stale"),
)

TRIGGERS: dict[Dialect, tuple[str, ...]] = {"sqlite": SQLITE, "postgres": POSTGRES}
