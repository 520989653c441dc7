"""The indexes and triggers of the first release, as they were then."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-22T18:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes and triggers of the first release"

INDEXES = (
    "CREATE INDEX IF NOT EXISTS letter_waiting ON letter (send_after) WHERE sent_at IS NULL AND given_up_at IS NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS affiliate_email_key ON affiliate (email_key)",
    "CREATE UNIQUE INDEX IF NOT EXISTS manager_email_key ON manager (email_key)",
    "CREATE UNIQUE INDEX IF NOT EXISTS session_token ON session (token_hash)",
    "CREATE INDEX IF NOT EXISTS session_affiliate ON session (affiliate)",
    "CREATE INDEX IF NOT EXISTS session_manager ON session (manager)",
    "CREATE INDEX IF NOT EXISTS letter_token_affiliate ON letter_token (affiliate)",
    "CREATE UNIQUE INDEX IF NOT EXISTS program_slug ON program (slug)",
    "CREATE UNIQUE INDEX IF NOT EXISTS terms_version ON terms (program, version)",
    "CREATE UNIQUE INDEX IF NOT EXISTS application_open ON application (program, affiliate) WHERE state IN ('in_review', 'approved')",
    "CREATE INDEX IF NOT EXISTS application_affiliate ON application (affiliate)",
    "CREATE INDEX IF NOT EXISTS application_queue ON application (program, state, sent_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS enrollment_application ON enrollment (application)",
    "CREATE UNIQUE INDEX IF NOT EXISTS enrollment_affiliate ON enrollment (program, affiliate)",
    "CREATE INDEX IF NOT EXISTS enrollment_by_affiliate ON enrollment (affiliate)",
    "CREATE INDEX IF NOT EXISTS enrollment_change_at ON enrollment_change (enrollment, at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS link_slug ON link (slug)",
    "CREATE UNIQUE INDEX IF NOT EXISTS link_main ON link (enrollment) WHERE main",
    "CREATE INDEX IF NOT EXISTS link_enrollment ON link (enrollment)",
    "CREATE UNIQUE INDEX IF NOT EXISTS discount_code_key ON discount_code (code_key)",
    "CREATE INDEX IF NOT EXISTS discount_code_enrollment ON discount_code (enrollment)",
    "CREATE INDEX IF NOT EXISTS click_enrollment_at ON click (enrollment, at)",
    "CREATE INDEX IF NOT EXISTS click_counted ON click (enrollment, at) WHERE counted",
    "CREATE INDEX IF NOT EXISTS click_placement ON click (enrollment, placement) WHERE counted",
    "CREATE INDEX IF NOT EXISTS click_visitor_at ON click (visitor_key, at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS customer_program_external ON customer (program, external_id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS billing_event_once ON billing_event (source, external_id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS subscription_once ON subscription (program, external_id)",
    "CREATE INDEX IF NOT EXISTS subscription_customer ON subscription (customer)",
    "CREATE INDEX IF NOT EXISTS subscription_enrollment ON subscription (enrollment)",
    "CREATE INDEX IF NOT EXISTS subscription_awaits ON subscription (awaits_click)",
    "CREATE INDEX IF NOT EXISTS subscription_fact_subscription ON subscription_fact (subscription)",
    "CREATE UNIQUE INDEX IF NOT EXISTS money_event_once ON money_event (program, external_id)",
    "CREATE INDEX IF NOT EXISTS money_event_reference ON money_event (program, reference)",
    "CREATE INDEX IF NOT EXISTS money_event_customer ON money_event (customer)",
    "CREATE UNIQUE INDEX IF NOT EXISTS payment_name_once ON payment_name (program, name)",
    "CREATE INDEX IF NOT EXISTS payment_name_payment ON payment_name (program, payment)",
    'CREATE UNIQUE INDEX IF NOT EXISTS decision_once ON decision ("transaction", seq)',
    "CREATE INDEX IF NOT EXISTS decision_enrollment ON decision (enrollment)",
    "CREATE INDEX IF NOT EXISTS commission_enrollment ON commission (enrollment, booked_on)",
    "CREATE INDEX IF NOT EXISTS commission_released ON commission (program, released_on)",
    'CREATE INDEX IF NOT EXISTS commission_transaction ON commission ("transaction")',
    "CREATE INDEX IF NOT EXISTS commission_sale ON commission (sale)",
    "CREATE UNIQUE INDEX IF NOT EXISTS disputed_time_once ON disputed_time (sale, dispute)",
    "CREATE UNIQUE INDEX IF NOT EXISTS tier_step_once ON tier_step (enrollment, tier)",
    "CREATE INDEX IF NOT EXISTS paying_span_enrollment ON paying_span (enrollment)",
    "CREATE INDEX IF NOT EXISTS paying_span_customer ON paying_span (customer)",
    "CREATE UNIQUE INDEX IF NOT EXISTS payout_once ON payout (enrollment, run_month, currency)",
    "CREATE UNIQUE INDEX IF NOT EXISTS payout_line_once ON payout_line (commission)",
    "CREATE INDEX IF NOT EXISTS payout_line_payout ON payout_line (payout)",
    "CREATE UNIQUE INDEX IF NOT EXISTS payout_run_once ON payout_run (program, month)",
    "CREATE UNIQUE INDEX IF NOT EXISTS exclusion_once ON exclusion (run, commission)",
    "CREATE UNIQUE INDEX IF NOT EXISTS brand_kit_revision ON brand_kit (affiliate, revision)",
)

TRIGGERS: dict[db.Dialect, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER IF NOT EXISTS audit_entry_never_update BEFORE update ON audit_entry BEGIN SELECT RAISE(ABORT, 'rows of audit_entry are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS audit_entry_never_delete BEFORE delete ON audit_entry BEGIN SELECT RAISE(ABORT, 'rows of audit_entry are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS terms_never_update BEFORE update ON terms BEGIN SELECT RAISE(ABORT, 'rows of terms are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS terms_never_delete BEFORE delete ON terms BEGIN SELECT RAISE(ABORT, 'rows of terms are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS enrollment_change_never_update BEFORE update ON enrollment_change BEGIN SELECT RAISE(ABORT, 'rows of enrollment_change are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS enrollment_change_never_delete BEFORE delete ON enrollment_change BEGIN SELECT RAISE(ABORT, 'rows of enrollment_change are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS billing_event_never_update BEFORE update ON billing_event BEGIN SELECT RAISE(ABORT, 'rows of billing_event are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS billing_event_never_delete BEFORE delete ON billing_event BEGIN SELECT RAISE(ABORT, 'rows of billing_event are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS subscription_fact_never_update BEFORE update ON subscription_fact BEGIN SELECT RAISE(ABORT, 'rows of subscription_fact are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS subscription_fact_never_delete BEFORE delete ON subscription_fact BEGIN SELECT RAISE(ABORT, 'rows of subscription_fact are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS money_event_never_update BEFORE update ON money_event BEGIN SELECT RAISE(ABORT, 'rows of money_event are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS money_event_never_delete BEFORE delete ON money_event BEGIN SELECT RAISE(ABORT, 'rows of money_event are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS payment_name_never_update BEFORE update ON payment_name BEGIN SELECT RAISE(ABORT, 'rows of payment_name are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS payment_name_never_delete BEFORE delete ON payment_name BEGIN SELECT RAISE(ABORT, 'rows of payment_name are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS decision_never_update BEFORE update ON decision BEGIN SELECT RAISE(ABORT, 'rows of decision are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS decision_never_delete BEFORE delete ON decision BEGIN SELECT RAISE(ABORT, 'rows of decision are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS commission_never_update BEFORE update ON commission BEGIN SELECT RAISE(ABORT, 'rows of commission are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS commission_never_delete BEFORE delete ON commission BEGIN SELECT RAISE(ABORT, 'rows of commission are only ever added'); END",
    ),
    "postgres": (
        "CREATE OR REPLACE FUNCTION only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$",
        "CREATE OR REPLACE TRIGGER audit_entry_never_changed BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION only_added()",
        "CREATE OR REPLACE TRIGGER terms_never_changed BEFORE UPDATE OR DELETE ON terms FOR EACH ROW EXECUTE FUNCTION only_added()",
        "CREATE OR REPLACE TRIGGER enrollment_change_never_changed BEFORE UPDATE OR DELETE ON enrollment_change FOR EACH ROW EXECUTE FUNCTION only_added()",
        "CREATE OR REPLACE TRIGGER billing_event_never_changed BEFORE UPDATE OR DELETE ON billing_event FOR EACH ROW EXECUTE FUNCTION only_added()",
        "CREATE OR REPLACE TRIGGER subscription_fact_never_changed BEFORE UPDATE OR DELETE ON subscription_fact FOR EACH ROW EXECUTE FUNCTION only_added()",
        "CREATE OR REPLACE TRIGGER money_event_never_changed BEFORE UPDATE OR DELETE ON money_event FOR EACH ROW EXECUTE FUNCTION only_added()",
        "CREATE OR REPLACE TRIGGER payment_name_never_changed BEFORE UPDATE OR DELETE ON payment_name FOR EACH ROW EXECUTE FUNCTION only_added()",
        "CREATE OR REPLACE TRIGGER decision_never_changed BEFORE UPDATE OR DELETE ON decision FOR EACH ROW EXECUTE FUNCTION only_added()",
        "CREATE OR REPLACE TRIGGER commission_never_changed BEFORE UPDATE OR DELETE ON commission FOR EACH ROW EXECUTE FUNCTION only_added()",
    ),
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each((*INDEXES, *TRIGGERS[db.dialect()]))

    manager.add_raw(run)
    return manager
