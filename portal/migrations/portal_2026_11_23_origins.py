"""Taking back the line of a sale that was moved away came from where that line did."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-23T03:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the origin of what a move takes back"

STATEMENTS: dict[db.Dialect, tuple[str, ...]] = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS commission_listed",
        """CREATE TRIGGER IF NOT EXISTS commission_listed AFTER INSERT ON commission BEGIN
        DELETE FROM ledger_entry WHERE id = NEW."transaction" AND enrollment = NEW.enrollment;
        INSERT INTO ledger_entry (id, enrollment, event, sale, currency, at, booked_on, released_on, minor, kind, look, run, origin)
        SELECT NEW.id, NEW.enrollment, NEW."transaction", NEW.sale, NEW.currency, t.happened_at, NEW.booked_on,
            NEW.released_on, NEW.minor, NEW.kind, '', '', COALESCE((SELECT CASE WHEN d.because = '' THEN ''
        WHEN COALESCE(json_extract(d.because, '$.code'), '') <> '' THEN 'code:' || json_extract(d.because, '$.code')
        WHEN COALESCE(json_extract(d.because, '$.placement'), '') <> '' THEN 'at:' || json_extract(d.because, '$.placement')
        WHEN json_extract(d.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END FROM decision d
        WHERE d."transaction" = NEW.sale AND d.enrollment = NEW.enrollment
        ORDER BY d.seq DESC LIMIT 1), '')
        FROM money_event t WHERE t.id = NEW."transaction";
        UPDATE ledger_entry SET look = CASE
    WHEN (SELECT SUM(s.minor) FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted') = 0
        AND NOT EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'reversed'
    WHEN ledger_entry.minor < 0 AND ledger_entry.run = ''
        AND EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'taken_back'
    ELSE '' END
        WHERE look <> 'not_counted' AND NEW.kind <> 'sale' AND sale = NEW.sale AND enrollment = NEW.enrollment AND look <> CASE
    WHEN (SELECT SUM(s.minor) FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted') = 0
        AND NOT EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'reversed'
    WHEN ledger_entry.minor < 0 AND ledger_entry.run = ''
        AND EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'taken_back'
    ELSE '' END;
    END""",
        "DROP TRIGGER IF EXISTS decision_listed",
        """CREATE TRIGGER IF NOT EXISTS decision_listed AFTER INSERT ON decision BEGIN
        DELETE FROM ledger_entry WHERE NEW.seq > 1 AND id = NEW."transaction";
        UPDATE ledger_entry SET origin = CASE WHEN NEW.because = '' THEN ''
        WHEN COALESCE(json_extract(NEW.because, '$.code'), '') <> '' THEN 'code:' || json_extract(NEW.because, '$.code')
        WHEN COALESCE(json_extract(NEW.because, '$.placement'), '') <> '' THEN 'at:' || json_extract(NEW.because, '$.placement')
        WHEN json_extract(NEW.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END
        WHERE NEW.seq > 1 AND sale = NEW."transaction" AND enrollment = NEW.enrollment
            AND origin <> CASE WHEN NEW.because = '' THEN ''
        WHEN COALESCE(json_extract(NEW.because, '$.code'), '') <> '' THEN 'code:' || json_extract(NEW.because, '$.code')
        WHEN COALESCE(json_extract(NEW.because, '$.placement'), '') <> '' THEN 'at:' || json_extract(NEW.because, '$.placement')
        WHEN json_extract(NEW.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END;
        INSERT INTO ledger_entry (id, enrollment, event, sale, currency, at, booked_on, released_on, minor, kind, look, run, origin)
        SELECT t.id, NEW.enrollment, t.id, t.id, t.currency, t.happened_at, NULL, NULL, 0, '', 'not_counted', '',
            CASE WHEN NEW.because = '' THEN ''
        WHEN COALESCE(json_extract(NEW.because, '$.code'), '') <> '' THEN 'code:' || json_extract(NEW.because, '$.code')
        WHEN COALESCE(json_extract(NEW.because, '$.placement'), '') <> '' THEN 'at:' || json_extract(NEW.because, '$.placement')
        WHEN json_extract(NEW.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END
        FROM money_event t WHERE t.id = NEW."transaction" AND t.kind = 'payment' AND NEW.outcome <> 'sale' AND NEW.enrollment IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM commission c WHERE c."transaction" = t.id AND c.enrollment = NEW.enrollment);
    END""",
        """UPDATE ledger_entry SET origin = COALESCE((SELECT CASE WHEN d.because = '' THEN ''
        WHEN COALESCE(json_extract(d.because, '$.code'), '') <> '' THEN 'code:' || json_extract(d.because, '$.code')
        WHEN COALESCE(json_extract(d.because, '$.placement'), '') <> '' THEN 'at:' || json_extract(d.because, '$.placement')
        WHEN json_extract(d.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END FROM decision d
        WHERE d."transaction" = ledger_entry.sale AND d.enrollment = ledger_entry.enrollment
        ORDER BY d.seq DESC LIMIT 1), '')
    WHERE kind <> '' AND origin <> COALESCE((SELECT CASE WHEN d.because = '' THEN ''
        WHEN COALESCE(json_extract(d.because, '$.code'), '') <> '' THEN 'code:' || json_extract(d.because, '$.code')
        WHEN COALESCE(json_extract(d.because, '$.placement'), '') <> '' THEN 'at:' || json_extract(d.because, '$.placement')
        WHEN json_extract(d.because, '$.click_at') IS NOT NULL THEN 'link' ELSE '' END FROM decision d
        WHERE d."transaction" = ledger_entry.sale AND d.enrollment = ledger_entry.enrollment
        ORDER BY d.seq DESC LIMIT 1), '')""",
    ),
    "postgres": (
        """CREATE OR REPLACE FUNCTION commission_listed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM ledger_entry e USING fresh n WHERE e.id = n."transaction" AND e.enrollment = n.enrollment;
        INSERT INTO ledger_entry (id, enrollment, event, sale, currency, at, booked_on, released_on, minor, kind, look, run, origin)
        SELECT n.id, n.enrollment, n."transaction", n.sale, n.currency, t.happened_at, n.booked_on,
            n.released_on, n.minor, n.kind, '', '', COALESCE((SELECT CASE WHEN d.because = '' THEN ''
        WHEN COALESCE((NULLIF(d.because, '')::json ->> 'code'), '') <> '' THEN 'code:' || (NULLIF(d.because, '')::json ->> 'code')
        WHEN COALESCE((NULLIF(d.because, '')::json ->> 'placement'), '') <> '' THEN 'at:' || (NULLIF(d.because, '')::json ->> 'placement')
        WHEN (NULLIF(d.because, '')::json ->> 'click_at') IS NOT NULL THEN 'link' ELSE '' END FROM decision d
        WHERE d."transaction" = n.sale AND d.enrollment = n.enrollment
        ORDER BY d.seq DESC LIMIT 1), '')
        FROM fresh n JOIN money_event t ON t.id = n."transaction";
        IF EXISTS (SELECT 1 FROM fresh n WHERE n.kind <> 'sale') THEN
            UPDATE ledger_entry SET look = CASE
    WHEN (SELECT SUM(s.minor) FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted') = 0
        AND NOT EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'reversed'
    WHEN ledger_entry.minor < 0 AND ledger_entry.run = ''
        AND EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'taken_back'
    ELSE '' END
        WHERE look <> 'not_counted' AND (sale, enrollment) IN (SELECT n.sale, n.enrollment FROM fresh n WHERE n.kind <> 'sale') AND look <> CASE
    WHEN (SELECT SUM(s.minor) FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted') = 0
        AND NOT EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'reversed'
    WHEN ledger_entry.minor < 0 AND ledger_entry.run = ''
        AND EXISTS (SELECT 1 FROM ledger_entry s WHERE s.sale = ledger_entry.sale AND s.enrollment = ledger_entry.enrollment AND s.look <> 'not_counted' AND s.run <> '') THEN 'taken_back'
    ELSE '' END;
        END IF; RETURN NULL; END $$""",
        """CREATE OR REPLACE FUNCTION decision_listed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM fresh n WHERE n.seq > 1) THEN
            DELETE FROM ledger_entry e USING fresh n WHERE n.seq > 1 AND e.id = n."transaction";
            UPDATE ledger_entry e SET origin = CASE WHEN n.because = '' THEN ''
        WHEN COALESCE((NULLIF(n.because, '')::json ->> 'code'), '') <> '' THEN 'code:' || (NULLIF(n.because, '')::json ->> 'code')
        WHEN COALESCE((NULLIF(n.because, '')::json ->> 'placement'), '') <> '' THEN 'at:' || (NULLIF(n.because, '')::json ->> 'placement')
        WHEN (NULLIF(n.because, '')::json ->> 'click_at') IS NOT NULL THEN 'link' ELSE '' END FROM fresh n
            WHERE n.seq > 1 AND e.sale = n."transaction" AND e.enrollment = n.enrollment
                AND e.origin <> CASE WHEN n.because = '' THEN ''
        WHEN COALESCE((NULLIF(n.because, '')::json ->> 'code'), '') <> '' THEN 'code:' || (NULLIF(n.because, '')::json ->> 'code')
        WHEN COALESCE((NULLIF(n.because, '')::json ->> 'placement'), '') <> '' THEN 'at:' || (NULLIF(n.because, '')::json ->> 'placement')
        WHEN (NULLIF(n.because, '')::json ->> 'click_at') IS NOT NULL THEN 'link' ELSE '' END;
        END IF;
        INSERT INTO ledger_entry (id, enrollment, event, sale, currency, at, booked_on, released_on, minor, kind, look, run, origin)
        SELECT t.id, n.enrollment, t.id, t.id, t.currency, t.happened_at, NULL::date, NULL::date, 0, '',
            'not_counted', '', CASE WHEN n.because = '' THEN ''
        WHEN COALESCE((NULLIF(n.because, '')::json ->> 'code'), '') <> '' THEN 'code:' || (NULLIF(n.because, '')::json ->> 'code')
        WHEN COALESCE((NULLIF(n.because, '')::json ->> 'placement'), '') <> '' THEN 'at:' || (NULLIF(n.because, '')::json ->> 'placement')
        WHEN (NULLIF(n.because, '')::json ->> 'click_at') IS NOT NULL THEN 'link' ELSE '' END
        FROM fresh n JOIN money_event t ON t.id = n."transaction" WHERE t.kind = 'payment' AND n.outcome <> 'sale' AND n.enrollment IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM commission c WHERE c."transaction" = t.id AND c.enrollment = n.enrollment); RETURN NULL; END $$""",
        """UPDATE ledger_entry SET origin = COALESCE((SELECT CASE WHEN d.because = '' THEN ''
        WHEN COALESCE((NULLIF(d.because, '')::json ->> 'code'), '') <> '' THEN 'code:' || (NULLIF(d.because, '')::json ->> 'code')
        WHEN COALESCE((NULLIF(d.because, '')::json ->> 'placement'), '') <> '' THEN 'at:' || (NULLIF(d.because, '')::json ->> 'placement')
        WHEN (NULLIF(d.because, '')::json ->> 'click_at') IS NOT NULL THEN 'link' ELSE '' END FROM decision d
        WHERE d."transaction" = ledger_entry.sale AND d.enrollment = ledger_entry.enrollment
        ORDER BY d.seq DESC LIMIT 1), '')
    WHERE kind <> '' AND origin <> COALESCE((SELECT CASE WHEN d.because = '' THEN ''
        WHEN COALESCE((NULLIF(d.because, '')::json ->> 'code'), '') <> '' THEN 'code:' || (NULLIF(d.because, '')::json ->> 'code')
        WHEN COALESCE((NULLIF(d.because, '')::json ->> 'placement'), '') <> '' THEN 'at:' || (NULLIF(d.because, '')::json ->> 'placement')
        WHEN (NULLIF(d.because, '')::json ->> 'click_at') IS NOT NULL THEN 'link' ELSE '' END FROM decision d
        WHERE d."transaction" = ledger_entry.sale AND d.enrollment = ledger_entry.enrollment
        ORDER BY d.seq DESC LIMIT 1), '')""",
    ),
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS[db.dialect()])

    manager.add_raw(run)
    return manager
