"""Lists and sums that the earnings pages read instead of all lines, and what comes next of subscriptions."""

import json
import tomllib

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one, perhaps

ID = "2026-11-22T21:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "lists and sums of the books"

TABLES = (
    f"""CREATE TABLE "ledger_entry" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "enrollment" {one("enrollment")},
        "event" {one("money_event")}, "sale" {one("money_event")},
        "currency" VARCHAR(3) NOT NULL DEFAULT '', "at" TIMESTAMPTZ NOT NULL DEFAULT null,
        "booked_on" DATE DEFAULT null, "released_on" DATE DEFAULT null, "minor" BIGINT NOT NULL DEFAULT 0,
        "kind" VARCHAR(12) NOT NULL DEFAULT '', "look" VARCHAR(12) NOT NULL DEFAULT '',
        "run" VARCHAR(7) NOT NULL DEFAULT '', "origin" VARCHAR(100) NOT NULL DEFAULT '')""",
    f"""CREATE TABLE "ledger_sum" (
        "id" SERIALKEY, "enrollment" {one("enrollment")},
        "currency" VARCHAR(3) NOT NULL DEFAULT '', "look" VARCHAR(12) NOT NULL DEFAULT '',
        "run" VARCHAR(7) NOT NULL DEFAULT '', "booked_on" DATE NOT NULL DEFAULT null,
        "released_on" DATE NOT NULL DEFAULT null, "minor" BIGINT NOT NULL DEFAULT 0,
        "lines" INTEGER NOT NULL DEFAULT 0, "sales" INTEGER NOT NULL DEFAULT 0)""",
    f"""CREATE TABLE "renewal" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "enrollment" {perhaps("enrollment")},
        "currency" VARCHAR(3) NOT NULL DEFAULT '', "base" BIGINT NOT NULL DEFAULT 0,
        "months" INTEGER NOT NULL DEFAULT 1, "paid_on" DATE NOT NULL DEFAULT null,
        "first_on" DATE DEFAULT null, "began_at" TIMESTAMPTZ NOT NULL DEFAULT null)""",
)
INDEXES = (
    """CREATE INDEX IF NOT EXISTS ledger_entry_list ON ledger_entry (enrollment, currency, at, id)""",
    """CREATE INDEX IF NOT EXISTS ledger_entry_look ON ledger_entry (enrollment, currency, look, at, id) WHERE look <> ''""",
    """CREATE INDEX IF NOT EXISTS ledger_entry_open ON ledger_entry (enrollment, currency, at, id) WHERE run = '' AND look = ''""",
    """CREATE INDEX IF NOT EXISTS ledger_entry_run ON ledger_entry (enrollment, currency, at, id) WHERE run <> ''""",
    """CREATE INDEX IF NOT EXISTS ledger_entry_origin ON ledger_entry (enrollment, currency, origin, at, id)""",
    """CREATE INDEX IF NOT EXISTS ledger_entry_sale ON ledger_entry (sale)""",
    """CREATE UNIQUE INDEX IF NOT EXISTS ledger_sum_once ON ledger_sum (enrollment, currency, look, run, booked_on, released_on)""",
    """CREATE INDEX IF NOT EXISTS renewal_enrollment ON renewal (enrollment, currency)""",
)
# What the triggers share.
LOOK = """CASE
    WHEN (SELECT SUM(s.minor) FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted') = 0
        AND NOT EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'reversed'
    WHEN ledger_entry.minor < 0 AND ledger_entry.run = ''
        AND EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'taken_back'
    ELSE '' END"""
ADDED = """ON CONFLICT (enrollment, currency, look, run, booked_on, released_on) DO UPDATE SET minor = ledger_sum.minor + excluded.minor,
        lines = ledger_sum.lines + excluded.lines, sales = ledger_sum.sales + excluded.sales"""
ORIGIN_NEW = """WHEN COALESCE(json_extract(NEW.because, '$.code'), '') <> '' THEN 'code:' || json_extract(NEW.because, '$.code')
        WHEN COALESCE(json_extract(NEW.because, '$.placement'), '') <> '' THEN 'at:' || json_extract(NEW.because, '$.placement')
        WHEN json_extract(NEW.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END"""
ORIGIN_N = """WHEN COALESCE((NULLIF(n.because, '')::json ->> 'code'), '') <> '' THEN 'code:' || (NULLIF(n.because, '')::json ->> 'code')
        WHEN COALESCE((NULLIF(n.because, '')::json ->> 'placement'), '') <> '' THEN 'at:' || (NULLIF(n.because, '')::json ->> 'placement')
        WHEN (NULLIF(n.because, '')::json ->> 'click_at') IS NOT NULL THEN 'link' ELSE '' END"""
KEY_SQLITE = """n.enrollment, n.currency, n.look, n.run, COALESCE(n.booked_on, date(n.at)), COALESCE(n.released_on, date(n.at))"""
KEY_POSTGRES = """n.enrollment, n.currency, n.look, n.run, COALESCE(n.booked_on, (n.at AT TIME ZONE 'UTC')::date), COALESCE(n.released_on, (n.at AT TIME ZONE 'UTC')::date)"""
NEW_ROW = """(SELECT NEW.id AS id, NEW.enrollment AS enrollment, NEW.event AS event, NEW.sale AS sale, NEW.currency AS currency, NEW.at AS at, NEW.booked_on AS booked_on, NEW.released_on AS released_on, NEW.minor AS minor, NEW.kind AS kind, NEW.look AS look, NEW.run AS run, NEW.origin AS origin)"""
OLD_ROW = """(SELECT OLD.id AS id, OLD.enrollment AS enrollment, OLD.event AS event, OLD.sale AS sale, OLD.currency AS currency, OLD.at AS at, OLD.booked_on AS booked_on, OLD.released_on AS released_on, OLD.minor AS minor, OLD.kind AS kind, OLD.look AS look, OLD.run AS run, OLD.origin AS origin)"""
INTO_SUMS = """INSERT INTO ledger_sum (enrollment, currency, look, run, booked_on, released_on, minor, lines, sales)"""
INTO_ENTRIES = """INSERT INTO ledger_entry (id, enrollment, event, sale, currency, at, booked_on, released_on, minor, kind, look, run, origin)"""
TRIGGERS: dict[db.Dialect, tuple[str, ...]] = {
    "sqlite": (
        f"""CREATE TRIGGER IF NOT EXISTS commission_listed AFTER INSERT ON commission BEGIN
        DELETE FROM ledger_entry WHERE id = NEW."transaction" AND enrollment = NEW.enrollment;
        {INTO_ENTRIES}
        SELECT NEW.id, NEW.enrollment, NEW."transaction", NEW.sale, NEW.currency, t.happened_at, NEW.booked_on,
            NEW.released_on, NEW.minor, NEW.kind, '', '', COALESCE((
                SELECT CASE WHEN d.because = '' OR d.enrollment IS NOT NEW.enrollment THEN ''
        WHEN COALESCE(json_extract(d.because, '$.code'), '') <> '' THEN 'code:' || json_extract(d.because, '$.code')
        WHEN COALESCE(json_extract(d.because, '$.placement'), '') <> '' THEN 'at:' || json_extract(d.because, '$.placement')
        WHEN json_extract(d.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END FROM decision d
                WHERE d."transaction" = NEW.sale ORDER BY d.seq DESC LIMIT 1), '')
        FROM money_event t WHERE t.id = NEW."transaction";
        UPDATE ledger_entry SET look = {LOOK}
        WHERE look <> 'not_counted' AND NEW.kind <> 'sale' AND sale = NEW.sale AND enrollment = NEW.enrollment AND look <> {LOOK};
    END""",  # noqa: S608
        f"""CREATE TRIGGER IF NOT EXISTS decision_listed AFTER INSERT ON decision BEGIN
        DELETE FROM ledger_entry WHERE NEW.seq > 1 AND id = NEW."transaction";
        UPDATE ledger_entry SET origin = CASE WHEN NEW.because = '' OR 1 = 0 THEN ''
        {ORIGIN_NEW}
        WHERE NEW.seq > 1 AND sale = NEW."transaction" AND enrollment = NEW.enrollment
            AND origin <> CASE WHEN NEW.because = '' OR 1 = 0 THEN ''
        {ORIGIN_NEW};
        {INTO_ENTRIES}
        SELECT t.id, NEW.enrollment, t.id, t.id, t.currency, t.happened_at, NULL, NULL, 0, '', 'not_counted', '',
            CASE WHEN NEW.because = '' OR 1 = 0 THEN ''
        {ORIGIN_NEW}
        FROM money_event t WHERE t.id = NEW."transaction" AND t.kind = 'payment' AND NEW.outcome <> 'sale' AND NEW.enrollment IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM commission c WHERE c."transaction" = t.id AND c.enrollment = NEW.enrollment);
    END""",  # noqa: S608
        f"""CREATE TRIGGER IF NOT EXISTS payout_line_listed AFTER INSERT ON payout_line BEGIN
        UPDATE ledger_entry SET look = '', run = (SELECT run_month FROM payout WHERE id = NEW.payout)
        WHERE id = NEW.commission;
        UPDATE ledger_entry SET look = {LOOK}
        WHERE look <> 'not_counted' AND (sale, enrollment) = (SELECT c.sale, c.enrollment FROM commission c WHERE c.id = NEW.commission) AND look <> {LOOK};
    END""",  # noqa: S608
        f"""CREATE TRIGGER IF NOT EXISTS payout_line_left AFTER DELETE ON payout_line BEGIN
        UPDATE ledger_entry SET run = '' WHERE id = OLD.commission;
        UPDATE ledger_entry SET look = {LOOK}
        WHERE look <> 'not_counted' AND (sale, enrollment) = (SELECT c.sale, c.enrollment FROM commission c WHERE c.id = OLD.commission) AND look <> {LOOK};
    END""",  # noqa: S608
        f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_added AFTER INSERT ON ledger_entry BEGIN
        {INTO_SUMS}
        SELECT {KEY_SQLITE}, SUM(n.minor), COUNT(*), SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM {NEW_ROW} n WHERE 1 = 1 GROUP BY {KEY_SQLITE} ORDER BY {KEY_SQLITE}
        {ADDED};
    END""",  # noqa: S608
        f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_moved AFTER UPDATE OF look, run ON ledger_entry BEGIN
        {INTO_SUMS}
        SELECT {KEY_SQLITE}, -SUM(n.minor), -COUNT(*), -SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM {OLD_ROW} n WHERE 1 = 1 GROUP BY {KEY_SQLITE} ORDER BY {KEY_SQLITE}
        {ADDED};
        DELETE FROM ledger_sum WHERE lines = 0 AND (enrollment, currency, look, run, booked_on, released_on) IN (SELECT {KEY_SQLITE} FROM {OLD_ROW} n);
        {INTO_SUMS}
        SELECT {KEY_SQLITE}, SUM(n.minor), COUNT(*), SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM {NEW_ROW} n WHERE 1 = 1 GROUP BY {KEY_SQLITE} ORDER BY {KEY_SQLITE}
        {ADDED};
    END""",  # noqa: S608
        f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_gone AFTER DELETE ON ledger_entry BEGIN
        {INTO_SUMS}
        SELECT {KEY_SQLITE}, -SUM(n.minor), -COUNT(*), -SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM {OLD_ROW} n WHERE 1 = 1 GROUP BY {KEY_SQLITE} ORDER BY {KEY_SQLITE}
        {ADDED};
        DELETE FROM ledger_sum WHERE lines = 0 AND (enrollment, currency, look, run, booked_on, released_on) IN (SELECT {KEY_SQLITE} FROM {OLD_ROW} n);
    END""",  # noqa: S608
    ),
    "postgres": (
        f"""CREATE OR REPLACE FUNCTION commission_listed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM ledger_entry e USING fresh n WHERE e.id = n."transaction" AND e.enrollment = n.enrollment;
        {INTO_ENTRIES}
        SELECT n.id, n.enrollment, n."transaction", n.sale, n.currency, t.happened_at, n.booked_on,
            n.released_on, n.minor, n.kind, '', '', COALESCE((
                SELECT CASE WHEN d.because = '' OR d.enrollment IS DISTINCT FROM n.enrollment THEN ''
        WHEN COALESCE((NULLIF(d.because, '')::json ->> 'code'), '') <> '' THEN 'code:' || (NULLIF(d.because, '')::json ->> 'code')
        WHEN COALESCE((NULLIF(d.because, '')::json ->> 'placement'), '') <> '' THEN 'at:' || (NULLIF(d.because, '')::json ->> 'placement')
        WHEN (NULLIF(d.because, '')::json ->> 'click_at') IS NOT NULL THEN 'link' ELSE '' END FROM decision d
                WHERE d."transaction" = n.sale ORDER BY d.seq DESC LIMIT 1), '')
        FROM fresh n JOIN money_event t ON t.id = n."transaction";
        IF EXISTS (SELECT 1 FROM fresh n WHERE n.kind <> 'sale') THEN
            UPDATE ledger_entry SET look = {LOOK}
        WHERE look <> 'not_counted' AND (sale, enrollment) IN (SELECT n.sale, n.enrollment FROM fresh n WHERE n.kind <> 'sale') AND look <> {LOOK};
        END IF; RETURN NULL; END $$""",  # noqa: S608
        """CREATE OR REPLACE TRIGGER commission_listed AFTER INSERT ON commission REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION commission_listed()""",
        f"""CREATE OR REPLACE FUNCTION decision_listed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM fresh n WHERE n.seq > 1) THEN
            DELETE FROM ledger_entry e USING fresh n WHERE n.seq > 1 AND e.id = n."transaction";
            UPDATE ledger_entry e SET origin = CASE WHEN n.because = '' OR 1 = 0 THEN ''
        {ORIGIN_N} FROM fresh n
            WHERE n.seq > 1 AND e.sale = n."transaction" AND e.enrollment = n.enrollment
                AND e.origin <> CASE WHEN n.because = '' OR 1 = 0 THEN ''
        {ORIGIN_N};
        END IF;
        {INTO_ENTRIES}
        SELECT t.id, n.enrollment, t.id, t.id, t.currency, t.happened_at, NULL::date, NULL::date, 0, '',
            'not_counted', '', CASE WHEN n.because = '' OR 1 = 0 THEN ''
        {ORIGIN_N}
        FROM fresh n JOIN money_event t ON t.id = n."transaction" WHERE t.kind = 'payment' AND n.outcome <> 'sale' AND n.enrollment IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM commission c WHERE c."transaction" = t.id AND c.enrollment = n.enrollment); RETURN NULL; END $$""",  # noqa: S608
        """CREATE OR REPLACE TRIGGER decision_listed AFTER INSERT ON decision REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION decision_listed()""",
        f"""CREATE OR REPLACE FUNCTION payout_line_listed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE ledger_entry e SET look = '', run = p.run_month
        FROM fresh n JOIN payout p ON p.id = n.payout WHERE e.id = n.commission;
        UPDATE ledger_entry SET look = {LOOK}
        WHERE look <> 'not_counted' AND (sale, enrollment) IN (
    SELECT c.sale, c.enrollment FROM commission c JOIN fresh x ON x.commission = c.id) AND look <> {LOOK}; RETURN NULL; END $$""",  # noqa: S608
        """CREATE OR REPLACE TRIGGER payout_line_listed AFTER INSERT ON payout_line REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION payout_line_listed()""",
        f"""CREATE OR REPLACE FUNCTION payout_line_left() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE ledger_entry e SET run = '' FROM stale o WHERE e.id = o.commission;
        UPDATE ledger_entry SET look = {LOOK}
        WHERE look <> 'not_counted' AND (sale, enrollment) IN (
    SELECT c.sale, c.enrollment FROM commission c JOIN stale x ON x.commission = c.id) AND look <> {LOOK}; RETURN NULL; END $$""",  # noqa: S608
        """CREATE OR REPLACE TRIGGER payout_line_left AFTER DELETE ON payout_line REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION payout_line_left()""",
        f"""CREATE OR REPLACE FUNCTION ledger_entry_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {INTO_SUMS}
        SELECT {KEY_POSTGRES}, SUM(n.minor), COUNT(*), SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM fresh n WHERE 1 = 1 GROUP BY {KEY_POSTGRES} ORDER BY {KEY_POSTGRES}
        {ADDED}; RETURN NULL; END $$""",  # noqa: S608
        """CREATE OR REPLACE TRIGGER ledger_entry_added AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_added()""",
        f"""CREATE OR REPLACE FUNCTION ledger_entry_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {INTO_SUMS}
        SELECT {KEY_POSTGRES}, -SUM(n.minor), -COUNT(*), -SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM stale n WHERE 1 = 1 GROUP BY {KEY_POSTGRES} ORDER BY {KEY_POSTGRES}
        {ADDED};
        DELETE FROM ledger_sum WHERE lines = 0 AND (enrollment, currency, look, run, booked_on, released_on) IN (SELECT {KEY_POSTGRES} FROM stale n); {INTO_SUMS}
        SELECT {KEY_POSTGRES}, SUM(n.minor), COUNT(*), SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM fresh n WHERE 1 = 1 GROUP BY {KEY_POSTGRES} ORDER BY {KEY_POSTGRES}
        {ADDED}; RETURN NULL; END $$""",  # noqa: S608
        """CREATE OR REPLACE TRIGGER ledger_entry_moved AFTER UPDATE ON ledger_entry REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_moved()""",
        f"""CREATE OR REPLACE FUNCTION ledger_entry_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {INTO_SUMS}
        SELECT {KEY_POSTGRES}, -SUM(n.minor), -COUNT(*), -SUM(CASE WHEN n.kind = 'sale' THEN 1 ELSE 0 END)
        FROM stale n WHERE 1 = 1 GROUP BY {KEY_POSTGRES} ORDER BY {KEY_POSTGRES}
        {ADDED};
        DELETE FROM ledger_sum WHERE lines = 0 AND (enrollment, currency, look, run, booked_on, released_on) IN (SELECT {KEY_POSTGRES} FROM stale n); RETURN NULL; END $$""",  # noqa: S608
        """CREATE OR REPLACE TRIGGER ledger_entry_gone AFTER DELETE ON ledger_entry REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_gone()""",
    ),
}
# What was booked before: the triggers above add the entries up as they come.
ORIGIN: dict[db.Dialect, str] = {
    "sqlite": """CASE WHEN d.because = '' OR d.enrollment IS NOT {mine} THEN ''
        WHEN COALESCE(json_extract(d.because, '$.code'), '') <> '' THEN 'code:' || json_extract(d.because, '$.code')
        WHEN COALESCE(json_extract(d.because, '$.placement'), '') <> ''
            THEN 'at:' || json_extract(d.because, '$.placement')
        WHEN json_extract(d.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END""",
    "postgres": """CASE WHEN d.because = '' OR d.enrollment IS DISTINCT FROM {mine} THEN ''
        WHEN COALESCE(d.because::json ->> 'code', '') <> '' THEN 'code:' || (d.because::json ->> 'code')
        WHEN COALESCE(d.because::json ->> 'placement', '') <> '' THEN 'at:' || (d.because::json ->> 'placement')
        WHEN d.because::json ->> 'click_at' IS NOT NULL THEN 'link' ELSE '' END""",
}
COLUMNS = "id, enrollment, event, sale, currency, at, booked_on, released_on, minor, kind, look, run, origin"
NEWEST = 'NOT EXISTS (SELECT 1 FROM decision y WHERE y."transaction" = d."transaction" AND y.seq > d.seq)'


def entries(origin: str) -> tuple[str, ...]:
    return (
        f"""INSERT INTO ledger_entry ({COLUMNS})
        SELECT c.id, c.enrollment, c."transaction", c.sale, c.currency, t.happened_at, c.booked_on, c.released_on,
            c.minor, c.kind, CASE WHEN b.minor = 0 AND b.run = '' THEN 'reversed'
                WHEN c.minor < 0 AND p.id IS NULL AND b.run <> '' THEN 'taken_back' ELSE '' END,
            COALESCE(p.run_month, ''), {origin.format(mine="c.enrollment")}
        FROM commission c
        JOIN money_event t ON t.id = c."transaction"
        JOIN decision d ON d."transaction" = c.sale AND {NEWEST}
        LEFT JOIN payout_line l ON l.commission = c.id
        LEFT JOIN payout p ON p.id = l.payout
        JOIN (
            SELECT x.sale, x.enrollment, SUM(x.minor) AS minor, COALESCE(MAX(q.run_month), '') AS run
            FROM commission x LEFT JOIN payout_line m ON m.commission = x.id LEFT JOIN payout q ON q.id = m.payout
            GROUP BY x.sale, x.enrollment
        ) b ON b.sale = c.sale AND b.enrollment = c.enrollment""",  # noqa: S608 - our own words
        f"""INSERT INTO ledger_entry ({COLUMNS})
        SELECT t.id, d.enrollment, t.id, t.id, t.currency, t.happened_at, NULL, NULL, 0, '', 'not_counted', '', {origin.format(mine="d.enrollment")}
        FROM decision d JOIN money_event t ON t.id = d."transaction"
        WHERE t.kind = 'payment' AND d.outcome <> 'sale' AND d.enrollment IS NOT NULL AND {NEWEST} AND NOT EXISTS (
            SELECT 1 FROM commission c WHERE c."transaction" = t.id AND c.enrollment = d.enrollment)""",  # noqa: S608
    )


async def renewals() -> None:
    """Running subscriptions whose newest payment was a sale pay that again, or the list price after a code."""
    documents = await db.engine().run_ddl("SELECT id, document FROM terms")
    years = {
        (str(row["id"]), plan["key"])
        for row in documents
        for plan in tomllib.loads(row["document"]).get("plans", [])
        if plan.get("period") == "year"
    }
    rows = await db.engine().run_ddl(
        f"""SELECT s.id, s.enrollment, s.began_at, t.currency, t.base, c.booked_on, d.terms, d.because, (
            SELECT MIN(f.booked_on) FROM commission f JOIN money_event g ON g.id = f."transaction"
            WHERE g.subscription = s.id AND f.kind = 'sale') AS first_on
        FROM subscription s
        JOIN money_event t ON t.subscription = s.id
        JOIN commission c ON c."transaction" = t.id AND c.enrollment = s.enrollment AND c.kind = 'sale'
        JOIN decision d ON d."transaction" = t.id AND d.outcome = 'sale' AND {NEWEST}
        WHERE s.ended_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM money_event l WHERE l.subscription = s.id AND l.happened_at > t.happened_at)"""  # noqa: S608
    )
    columns = ["id", "enrollment", "currency", "base", "months", "paid_on", "first_on", "began_at"]
    found = {}
    for row in rows:
        because = json.loads(row["because"])
        base, listed = row["base"], because.get("list_price")
        if because.get("number") == 1 and (because.get("given") or {}).get("minor") and listed:
            base = listed["minor"]
        months = 12 if (str(row["terms"]), because.get("plan")) in years else 1
        found[row["id"]] = [
            row["id"], row["enrollment"], row["currency"], base, months, row["booked_on"], row["first_on"] or
            row["booked_on"], row["began_at"],
        ]  # fmt: skip
    await db.insert_many("renewal", columns, list(found.values()))


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)
    dialect = db.dialect()
    serial = {"sqlite": "INTEGER PRIMARY KEY NOT NULL", "postgres": "BIGSERIAL PRIMARY KEY NOT NULL"}[dialect]
    big = {"sqlite": "INTEGER", "postgres": "BIGINT"}[dialect]

    async def run() -> None:
        tables = tuple(table.replace("SERIALKEY", serial).replace("BIGINT", big) for table in TABLES)
        await db.run_each((*tables, *INDEXES, *TRIGGERS[dialect], *entries(ORIGIN[dialect])))
        await renewals()

    manager.add_raw(run)
    return manager
