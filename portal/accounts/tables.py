"""Who can sign in, and how: affiliates, managers, their sessions, and the tokens that letters carry."""

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table


class Affiliate(Table, tablename="affiliate"):
    id = UUID(primary_key=True, default=None)
    email = Varchar(length=320, null=False)
    email_key = Varchar(length=320, null=False)
    name = Varchar(length=120, null=False)
    web_address = Varchar(length=300, null=False)
    password_hash = Varchar(length=200, null=True, default=None)
    email_verified_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)


class Manager(Table, tablename="manager"):
    id = UUID(primary_key=True, default=None)
    email = Varchar(length=320, null=False)
    email_key = Varchar(length=320, null=False)
    name = Varchar(length=120, null=False)
    password_hash = Varchar(length=200, null=False)
    totp_secret = Varchar(length=64, null=False)
    # The newest time step whose one-time code was used: a code works once.
    totp_step = Integer(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="session"):
    id = UUID(primary_key=True, default=None)
    token_hash = Varchar(length=64, null=False)
    affiliate = ForeignKey(Affiliate, null=True, default=None, on_delete=OnDelete.restrict)
    manager = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    second_factor_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    last_seen_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)
    user_agent = Text(null=False, default="")
    address = Varchar(length=64, null=False, default="")


class LetterToken(Table, tablename="letter_token"):
    """The right to do one thing once, given by letter. Its address is sealed, no secret is kept."""

    id = UUID(primary_key=True, default=None)
    purpose = Varchar(length=20, null=False)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    created_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)
    used_at = Timestamptz(null=True, default=None)


INDEXES: tuple[str, ...] = (
    "CREATE UNIQUE INDEX IF NOT EXISTS affiliate_email_key ON affiliate (email_key)",
    "CREATE UNIQUE INDEX IF NOT EXISTS manager_email_key ON manager (email_key)",
    "CREATE UNIQUE INDEX IF NOT EXISTS session_token ON session (token_hash)",
    "CREATE INDEX IF NOT EXISTS session_affiliate ON session (affiliate)",
    "CREATE INDEX IF NOT EXISTS session_manager ON session (manager)",
    "CREATE INDEX IF NOT EXISTS letter_token_affiliate ON letter_token (affiliate)",
)
