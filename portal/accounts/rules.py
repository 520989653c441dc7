"""What is true about accounts: which addresses are one, which passwords do, how long things last."""

from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

import idna

AFFILIATE_SESSION = timedelta(days=14)
MANAGER_SESSION = timedelta(hours=12)
HALF_SESSION = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=5)

PASSWORD_LEAST = 12
PASSWORD_MOST = 200

WRONG_TRIES = "10/5minutes"


PROOF_LASTS = timedelta(minutes=10)
CHALLENGE_LASTS = timedelta(minutes=5)
INVITATION_LASTS = timedelta(days=14)
MOST_INVITATIONS = 20
PASSKEYS_MOST = 20


class Role(StrEnum):
    """What somebody may do on an account. Readers see everything and change nothing."""

    OWNER = "owner"
    MEMBER = "member"
    READER = "reader"


class Purpose(StrEnum):
    PASSWORD = "password"  # noqa: S105 - a purpose, not a password
    LINK = "link"
    EMAIL = "email"


TOKEN_LASTS = {
    Purpose.PASSWORD: timedelta(minutes=30),
    Purpose.LINK: timedelta(minutes=30),
    Purpose.EMAIL: timedelta(hours=24),
}
# The letter that says yes may lie unread over a holiday; its link opens an account that has no password yet.
FIRST_PASSWORD_LASTS = timedelta(days=14)

USED = "This link was used already. Each link in a letter works once."
OLD = "This link is too old. Ask for a new one on the sign-in page; it comes by mail at once."

# The most common ones among passwords of twelve characters or more.
COMMON = frozenset(
    """
    123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 012345678901 111111111111
    000000000000 aaaaaaaaaaaa qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyuiopasdfgh qwertyqwerty
    qwerty123456 qwerty1234567 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsxcde3
    asdfghjklzxc asdfghjkl123 zxcvbnm12345 passwordpassword password1234 password12345 password123456
    password1234567 password2024 password2025 password2026 passw0rd1234 p@ssw0rd1234 mypassword12
    mypassword123 administrator administrator1 adminadminadmin admin1234567 admin12345678 letmeinletmein
    letmein123456 welcomewelcome welcome12345 welcome123456 iloveyou1234 iloveyouiloveyou
    trustno1trustno1 changemechangeme changeme1234 changeme12345 abcdefghijkl abcdefghijklm
    abcdefghijklmnop abcd12345678 abc123abc123 abc1234567890 a1b2c3d4e5f6 football1234 baseball1234
    sunshine1234 princess1234 superman1234 dragondragon monkeymonkey masterpassword
    correcthorsebatterystaple secretsecret secret123456 testtesttest test12345678 affiliate123
    affiliateaffiliate
    """.split()
)


def email_key(email: str) -> str:
    """What makes two addresses one account: letter case and the spelling of the domain do not count."""
    local, _, domain = email.strip().rpartition("@")
    with suppress(idna.IDNAError):  # the form refuses such an address; its key only has to be stable
        domain = idna.encode(domain, uts46=True).decode()
    return f"{local}@{domain}".casefold()


def person_key(address: str) -> str:
    """Tells people apart by their address: case, dots and plus-tags before the @ do not make a new person."""
    local, _, host = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{host}"


def password_problem(password: str, *, email: str, name: str) -> str | None:
    """Why this password won't do, as a sentence; None when it is fine."""
    if len(password) < PASSWORD_LEAST:
        return f"Use {PASSWORD_LEAST} characters or more. A few words in a row work well."
    if len(password) > PASSWORD_MOST:
        return f"Use {PASSWORD_MOST} characters at most."
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 4:
        return "This password is among the most common ones. Choose one that nobody else would."
    own = [
        word for word in (email.casefold(), email.casefold().split("@")[0], name.casefold()) if len(word) >= 6
    ]
    if any(word in plain and len(plain) - len(word) < 6 for word in own):
        return "This password is nearly your own name or address. Choose one that nobody could guess."
    return None


def is_usable(expires_at: datetime, used_at: datetime | None, now: datetime) -> bool:
    return used_at is None and now < expires_at


def is_proved(proved_at: datetime | None, now: datetime) -> bool:
    """Whether somebody showed who they are so recently that nobody else can have taken their seat."""
    return proved_at is not None and now - proved_at < PROOF_LASTS
