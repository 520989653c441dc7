"""Who can sign in, and how: people on their accounts, managers, sessions, passkeys, letters."""

from typing import Any

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

# By name, because programs stand above accounts.
PROGRAM = LazyTableReference("Program", module_path="portal.programs.tables")


class Affiliate(Table, tablename="affiliate"):
    """The account. Letters about it go to `email`; who opens it stands in Membership."""

    id = UUID(primary_key=True, default=None)
    email = Varchar(length=320, null=False)
    email_key = Varchar(length=320, null=False)
    name = Varchar(length=120, null=False)
    web_address = Varchar(length=300, null=False)
    email_verified_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)


class Person(Table, tablename="person"):
    """Somebody who signs in for affiliates; can be on several accounts."""

    id = UUID(primary_key=True, default=None)
    email = Varchar(length=320, null=False)
    email_key = Varchar(length=320, null=False)
    name = Varchar(length=120, null=False)
    password_hash = Varchar(length=200, null=True, default=None)
    email_verified_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)


class Membership(Table, tablename="membership"):
    """A person's place on an account, for a time. Roles are `rules.Role`."""

    id = UUID(primary_key=True, default=None)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    role = Varchar(length=20, null=False)
    invited_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict)
    began_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)
    # Signing in opens the account that was looked at last.
    opened_at = Timestamptz(null=False, default=None)


class Manager(Table, tablename="manager"):
    id = UUID(primary_key=True, default=None)
    email = Varchar(length=320, null=False)
    email_key = Varchar(length=320, null=False)
    name = Varchar(length=120, null=False)
    # Empty until an invited manager has chosen one.
    password_hash = Varchar(length=200, null=False)
    # Empty while there is no authenticator app.
    totp_secret = Varchar(length=64, null=False)
    # The newest time step whose one-time code was used: a code works once.
    totp_step = Integer(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)


class Invitation(Table, tablename="invitation"):
    """To an account's team, or, without an affiliate, to the managers. Its letter carries the sealed id."""

    id = UUID(primary_key=True, default=None)
    affiliate = ForeignKey(Affiliate, null=True, default=None, on_delete=OnDelete.restrict)
    email = Varchar(length=320, null=False)
    email_key = Varchar(length=320, null=False)
    role = Varchar(length=20, null=False)
    invited_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict)
    invited_by_manager = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    sent_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)
    accepted_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="session"):
    """A browser that is signed in: a person looking at an account, or a manager."""

    id = UUID(primary_key=True, default=None)
    token_hash = Varchar(length=64, null=False)
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict)
    affiliate = ForeignKey(Affiliate, null=True, default=None, on_delete=OnDelete.restrict)
    manager = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    # The program that was opened last, for people who are in several.
    program: ForeignKey[Any] = ForeignKey(PROGRAM, null=True, default=None, on_delete=OnDelete.restrict)
    second_factor_at = Timestamptz(null=True, default=None)
    # When they last proved that it is them: what is hard to undo asks for it again.
    proved_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    last_seen_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)
    user_agent = Text(null=False, default="")
    address = Varchar(length=64, null=False, default="")


class LetterToken(Table, tablename="letter_token"):
    """The right to do one thing once, given by letter. Its address is sealed, no secret is kept."""

    id = UUID(primary_key=True, default=None)
    purpose = Varchar(length=20, null=False)
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict)
    manager = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    # The account that it opens, where the letter was about one.
    affiliate = ForeignKey(Affiliate, null=True, default=None, on_delete=OnDelete.restrict)
    # The new address, where the letter asks to confirm one.
    email = Varchar(length=320, null=False, default="")
    created_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)
    used_at = Timestamptz(null=True, default=None)


class Passkey(Table, tablename="passkey"):
    """A person's or a manager's. Ids and keys are base64url, as WebAuthn writes them."""

    id = UUID(primary_key=True, default=None)
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict)
    manager = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    credential_id = Varchar(length=1400, null=False)
    public_key = Text(null=False)
    sign_count = BigInt(null=False, default=0)
    name = Varchar(length=60, null=False)
    synced = Boolean(null=False, default=False)
    created_at = Timestamptz(null=False, default=None)
    last_used_at = Timestamptz(null=True, default=None)


class Challenge(Table, tablename="challenge"):
    """What a passkey must sign, once and soon. `session` is set where somebody is signed in already."""

    id = UUID(primary_key=True, default=None)
    value = Varchar(length=100, null=False)
    purpose = Varchar(length=20, null=False)
    session = UUID(null=True, default=None)
    expires_at = Timestamptz(null=False, default=None)


class LetterChoice(Table, tablename="letter_choice"):
    """Whether an account wants a kind of letter (letter_choices.KINDS). Without a row it does."""

    id = UUID(primary_key=True, default=None)  # what the letter's own address to switch it off carries
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=40, null=False)
    off_at = Timestamptz(null=True, default=None)


INDEXES: tuple[str, ...] = (
    "CREATE UNIQUE INDEX IF NOT EXISTS affiliate_email_key ON affiliate (email_key)",
    "CREATE UNIQUE INDEX IF NOT EXISTS manager_email_key ON manager (email_key)",
    "CREATE UNIQUE INDEX IF NOT EXISTS person_email_key ON person (email_key)",
    "CREATE UNIQUE INDEX IF NOT EXISTS membership_once ON membership (affiliate, person) "
    "WHERE ended_at IS NULL",
    "CREATE INDEX IF NOT EXISTS membership_person ON membership (person)",
    "CREATE UNIQUE INDEX IF NOT EXISTS invitation_open ON invitation (affiliate, email_key) "
    "WHERE accepted_at IS NULL AND withdrawn_at IS NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS invitation_open_manager ON invitation (email_key) "
    "WHERE affiliate IS NULL AND accepted_at IS NULL AND withdrawn_at IS NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS session_token ON session (token_hash)",
    "CREATE INDEX IF NOT EXISTS session_person ON session (person)",
    "CREATE INDEX IF NOT EXISTS session_affiliate ON session (affiliate)",
    "CREATE INDEX IF NOT EXISTS session_manager ON session (manager)",
    "CREATE INDEX IF NOT EXISTS letter_token_person ON letter_token (person)",
    "CREATE UNIQUE INDEX IF NOT EXISTS passkey_credential ON passkey (credential_id)",
    "CREATE INDEX IF NOT EXISTS passkey_person ON passkey (person)",
    "CREATE INDEX IF NOT EXISTS passkey_manager ON passkey (manager)",
    "CREATE INDEX IF NOT EXISTS challenge_expires ON challenge (expires_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS letter_choice_once ON letter_choice (affiliate, kind)",
)
