"""People sign in, accounts do not: whoever could open an account becomes its owner, and stays signed in."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-22T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "people, teams, passkeys"

PERSON_KEY = 'UUID REFERENCES "person" ("id") ON DELETE RESTRICT ON UPDATE CASCADE DEFAULT null'
MANAGER_KEY = 'UUID REFERENCES "manager" ("id") ON DELETE RESTRICT ON UPDATE CASCADE DEFAULT null'
AFFILIATE_KEY = 'UUID REFERENCES "affiliate" ("id") ON DELETE RESTRICT ON UPDATE CASCADE DEFAULT null'
BIG = {"sqlite": "INTEGER", "postgres": "BIGINT"}

MAKE = (
    """CREATE TABLE "person" ("id" UUID PRIMARY KEY NOT NULL DEFAULT null, "email" VARCHAR(320) NOT NULL DEFAULT '', "email_key" VARCHAR(320) NOT NULL DEFAULT '', "name" VARCHAR(120) NOT NULL DEFAULT '', "password_hash" VARCHAR(200) DEFAULT null, "email_verified_at" TIMESTAMPTZ DEFAULT null, "created_at" TIMESTAMPTZ NOT NULL DEFAULT null)""",
    """CREATE TABLE "membership" ("id" UUID PRIMARY KEY NOT NULL DEFAULT null, "person" UUID NOT NULL REFERENCES "person" ("id") ON DELETE RESTRICT ON UPDATE CASCADE DEFAULT null, "affiliate" UUID NOT NULL REFERENCES "affiliate" ("id") ON DELETE RESTRICT ON UPDATE CASCADE DEFAULT null, "role" VARCHAR(20) NOT NULL DEFAULT '', "invited_by" {person}, "began_at" TIMESTAMPTZ NOT NULL DEFAULT null, "ended_at" TIMESTAMPTZ DEFAULT null, "opened_at" TIMESTAMPTZ NOT NULL DEFAULT null)""",
    """CREATE TABLE "invitation" ("id" UUID PRIMARY KEY NOT NULL DEFAULT null, "affiliate" {affiliate}, "email" VARCHAR(320) NOT NULL DEFAULT '', "email_key" VARCHAR(320) NOT NULL DEFAULT '', "role" VARCHAR(20) NOT NULL DEFAULT '', "invited_by" {person}, "invited_by_manager" {manager}, "sent_at" TIMESTAMPTZ NOT NULL DEFAULT null, "expires_at" TIMESTAMPTZ NOT NULL DEFAULT null, "accepted_at" TIMESTAMPTZ DEFAULT null, "withdrawn_at" TIMESTAMPTZ DEFAULT null)""",
    """CREATE TABLE "passkey" ("id" UUID PRIMARY KEY NOT NULL DEFAULT null, "person" {person}, "manager" {manager}, "credential_id" VARCHAR(1400) NOT NULL DEFAULT '', "public_key" TEXT NOT NULL DEFAULT '', "sign_count" {big} NOT NULL DEFAULT 0, "name" VARCHAR(60) NOT NULL DEFAULT '', "synced" BOOLEAN NOT NULL DEFAULT false, "created_at" TIMESTAMPTZ NOT NULL DEFAULT null, "last_used_at" TIMESTAMPTZ DEFAULT null)""",
    """CREATE TABLE "challenge" ("id" UUID PRIMARY KEY NOT NULL DEFAULT null, "value" VARCHAR(100) NOT NULL DEFAULT '', "purpose" VARCHAR(20) NOT NULL DEFAULT '', "session" UUID DEFAULT null, "expires_at" TIMESTAMPTZ NOT NULL DEFAULT null)""",
    # Applicants have opened nothing yet: they become people when they are approved.
    """INSERT INTO person (id, email, email_key, name, password_hash, email_verified_at, created_at)
    SELECT id, email, email_key, name, password_hash, email_verified_at, created_at FROM affiliate a
    WHERE password_hash IS NOT NULL
    OR EXISTS (SELECT 1 FROM enrollment e WHERE e.affiliate = a.id)
    OR EXISTS (SELECT 1 FROM session s WHERE s.affiliate = a.id)
    OR EXISTS (SELECT 1 FROM letter_token t WHERE t.affiliate = a.id)""",
    """INSERT INTO membership (id, person, affiliate, role, began_at, opened_at)
    SELECT id, id, id, 'owner', created_at, created_at FROM person""",
    """ALTER TABLE session ADD COLUMN "person" {person}""",
    """ALTER TABLE session ADD COLUMN "proved_at" TIMESTAMPTZ DEFAULT null""",
    """UPDATE session SET person = affiliate, proved_at = created_at WHERE affiliate IS NOT NULL""",
    """UPDATE session SET proved_at = created_at WHERE manager IS NOT NULL""",
    """DROP INDEX letter_token_affiliate""",
)

TOKENS: dict[db.Dialect, tuple[str, ...]] = {
    # SQLite cannot loosen a column, so the table is made anew.
    "sqlite": (
        """ALTER TABLE letter_token RENAME TO letter_token_before""",
        """CREATE TABLE "letter_token" ("id" UUID PRIMARY KEY NOT NULL DEFAULT null, "purpose" VARCHAR(20) NOT NULL DEFAULT '', "person" {person}, "manager" {manager}, "affiliate" {affiliate}, "email" VARCHAR(320) NOT NULL DEFAULT '', "created_at" TIMESTAMPTZ NOT NULL DEFAULT null, "expires_at" TIMESTAMPTZ NOT NULL DEFAULT null, "used_at" TIMESTAMPTZ DEFAULT null)""",
        """INSERT INTO letter_token (id, purpose, person, affiliate, created_at, expires_at, used_at)
        SELECT id, purpose, affiliate, affiliate, created_at, expires_at, used_at FROM letter_token_before""",
        """DROP TABLE letter_token_before""",
    ),
    "postgres": (
        """ALTER TABLE letter_token ALTER COLUMN affiliate DROP NOT NULL""",
        """ALTER TABLE letter_token ADD COLUMN "person" {person}""",
        """ALTER TABLE letter_token ADD COLUMN "manager" {manager}""",
        """ALTER TABLE letter_token ADD COLUMN "email" VARCHAR(320) NOT NULL DEFAULT ''""",
        """UPDATE letter_token SET person = affiliate""",
    ),
}

FINISH = (
    """ALTER TABLE affiliate DROP COLUMN password_hash""",
    """CREATE UNIQUE INDEX IF NOT EXISTS person_email_key ON person (email_key)""",
    """CREATE UNIQUE INDEX IF NOT EXISTS membership_once ON membership (affiliate, person) WHERE ended_at IS NULL""",
    """CREATE INDEX IF NOT EXISTS membership_person ON membership (person)""",
    """CREATE UNIQUE INDEX IF NOT EXISTS invitation_open ON invitation (affiliate, email_key) WHERE accepted_at IS NULL AND withdrawn_at IS NULL""",
    """CREATE UNIQUE INDEX IF NOT EXISTS invitation_open_manager ON invitation (email_key) WHERE affiliate IS NULL AND accepted_at IS NULL AND withdrawn_at IS NULL""",
    """CREATE INDEX IF NOT EXISTS session_person ON session (person)""",
    """CREATE INDEX IF NOT EXISTS letter_token_person ON letter_token (person)""",
    """CREATE UNIQUE INDEX IF NOT EXISTS passkey_credential ON passkey (credential_id)""",
    """CREATE INDEX IF NOT EXISTS passkey_person ON passkey (person)""",
    """CREATE INDEX IF NOT EXISTS passkey_manager ON passkey (manager)""",
    """CREATE INDEX IF NOT EXISTS challenge_expires ON challenge (expires_at)""",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        names = {
            "person": PERSON_KEY,
            "manager": MANAGER_KEY,
            "affiliate": AFFILIATE_KEY,
            "big": BIG[db.dialect()],
        }
        await db.run_each(tuple(text.format_map(names) for text in (*MAKE, *TOKENS[db.dialect()], *FINISH)))

    manager.add_raw(run)
    return manager
