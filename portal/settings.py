"""Settings: read once from the environment, checked, then handed around. A wrong one ends the start."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

SMALLEST_LIMIT = 10_000_000
MOST_REMEMBERED = 300  # as long as browsers keep a picture
_SIZES = {"MB": 10**6, "GB": 10**9}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadSetting(Exception):
    """A sentence that names the setting and says what it must be."""


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    database_url: str = field(repr=False)
    base_url: str
    host: str
    port: int
    secret: bytes = field(repr=False)
    smtp_url: str | None = field(repr=False)
    storage_url: str
    pictures_limit: int  # bytes
    pictures_remembered: int  # seconds
    rate_limit_url: str
    # A program's slug or nothing, and the secret.
    stripe_webhook_secrets: tuple[tuple[str, str], ...] = field(repr=False)
    stripe_api_keys: tuple[tuple[str, str], ...] = field(repr=False)
    stripe_api_url: str
    trusted_proxies: tuple[Network, ...]

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    def stripe_secrets_of(self, slug: str) -> tuple[str, ...]:
        """A program's own secrets; those that name no program are for programs that have none."""
        own = tuple(secret for program, secret in self.stripe_webhook_secrets if program == slug)
        return own or tuple(secret for program, secret in self.stripe_webhook_secrets if not program)

    def stripe_key_of(self, slug: str) -> str | None:
        """The key of Stripe's API that creates this program's codes: its own, or that of no program."""
        keys = dict(self.stripe_api_keys)
        return keys.get(slug) or keys.get("")

    @property
    def has_mailbox(self) -> bool:
        """Letters can be read on a page only where nobody but the person at this machine can open it."""
        return (
            self.smtp_url is None and is_loopback(self.host) and is_loopback(urlsplit(self.base_url).hostname)
        )


KNOWN = frozenset(
    "PORTAL_" + name
    for name in (
        "DATA_DIR DATABASE_URL BASE_URL HOST PORT SECRET SMTP_URL STORAGE_URL "
        "PICTURES_LIMIT PICTURES_REMEMBERED RATE_LIMIT_URL STRIPE_WEBHOOK_SECRET STRIPE_API_KEY "
        "STRIPE_API_URL TRUSTED_PROXIES"
    ).split()
)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Raises BadSetting. Makes the data folder and, where none is given, the installation's secret in it."""
    said = os.environ if environment is None else environment
    for name in sorted(said):
        if name.startswith("PORTAL_") and name not in KNOWN:
            raise BadSetting(f"{name} is not a setting of the portal. Known are: {', '.join(sorted(KNOWN))}.")
    data_dir = _data_dir(said.get("PORTAL_DATA_DIR") or "data")
    host = said.get("PORTAL_HOST") or "127.0.0.1"
    port = _port(said.get("PORTAL_PORT") or "8000")
    return Settings(
        data_dir=data_dir,
        database_url=_url(
            "PORTAL_DATABASE_URL",
            said.get("PORTAL_DATABASE_URL") or f"sqlite:///{data_dir / 'portal.sqlite'}",
            ("sqlite", "postgresql", "postgres"),
        ),
        base_url=_base_url(said.get("PORTAL_BASE_URL") or f"http://{_in_url(host)}:{port}"),
        host=host,
        port=port,
        secret=_secret(said.get("PORTAL_SECRET"), data_dir),
        smtp_url=_smtp(said.get("PORTAL_SMTP_URL") or None),
        storage_url=_url(
            "PORTAL_STORAGE_URL",
            said.get("PORTAL_STORAGE_URL") or (data_dir / "files").as_uri(),
            ("file", "s3", "gs", "az", "memory"),
        ),
        pictures_limit=_size("PORTAL_PICTURES_LIMIT", said.get("PORTAL_PICTURES_LIMIT") or "2 GB"),
        pictures_remembered=_seconds(said.get("PORTAL_PICTURES_REMEMBERED") or "5"),
        rate_limit_url=_url(
            "PORTAL_RATE_LIMIT_URL",
            said.get("PORTAL_RATE_LIMIT_URL") or "memory://",
            ("memory", "redis", "rediss", "valkey", "valkeys"),
        ),
        stripe_webhook_secrets=_stripe_secrets(said.get("PORTAL_STRIPE_WEBHOOK_SECRET") or ""),
        stripe_api_keys=_stripe_keys(said.get("PORTAL_STRIPE_API_KEY") or ""),
        stripe_api_url=_stripe_address(said.get("PORTAL_STRIPE_API_URL") or "https://api.stripe.com"),
        trusted_proxies=_networks(said.get("PORTAL_TRUSTED_PROXIES") or ""),
    )


def _data_dir(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSetting(f"PORTAL_DATA_DIR is {path}, which cannot be made: {error.strerror}.") from error
    if not os.access(path, os.W_OK):
        raise BadSetting(f"PORTAL_DATA_DIR is {path}, where the portal may not write.")
    return path


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise BadSetting(f"PORTAL_PORT is {text!r}. It must be a number from 1 to 65535.")
    return int(text)


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_REMEMBERED:
        raise BadSetting(
            f"PORTAL_PICTURES_REMEMBERED is {text!r}. It must be whole seconds from 0 to {MOST_REMEMBERED}."
        )
    return int(text)


def _url(name: str, text: str, schemes: tuple[str, ...]) -> str:
    if urlsplit(text).scheme not in schemes or "://" not in text:
        raise BadSetting(f"{name} must begin with one of {', '.join(s + '://' for s in schemes)}.")
    return text


def _size(name: str, text: str) -> int:
    """In bytes: "500 MB" or "2 GB"."""
    match = re.fullmatch(r"(\d{1,6})\s*([MG]B)", text.strip(), re.IGNORECASE | re.ASCII)
    size = int(match[1]) * _SIZES[match[2].upper()] if match else 0
    if size < SMALLEST_LIMIT:
        raise BadSetting(f"{name} is {text!r}. It must be a size of 10 MB or more, like 500 MB or 2 GB.")
    return size


def _base_url(text: str) -> str:
    parts = _parsed("PORTAL_BASE_URL", text)
    more = parts.query or parts.fragment or parts.path.strip("/") or parts.username is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or more:
        raise BadSetting(
            f"PORTAL_BASE_URL is {text!r}. It must be the portal's address as people type it, "
            "like https://partners.example, without a path."
        )
    return text.rstrip("/")


def _secret(text: str | None, data_dir: Path) -> bytes:
    if text is None:
        return _kept_secret(data_dir / "secret")
    if len(text) < 32:
        raise BadSetting(
            "PORTAL_SECRET is too short. Give it 32 random characters or more, or leave it out: "
            "the portal then makes one in its data folder."
        )
    return text.encode()


def _kept_secret(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = path.read_bytes().strip()
        if len(kept) < 32:
            raise BadSetting(f"The secret in {path} is damaged. Restore it, or set PORTAL_SECRET.") from None
        return kept
    made = secrets.token_urlsafe(48).encode()
    with os.fdopen(descriptor, "wb") as file:
        file.write(made)
    return made


def _smtp(text: str | None) -> str | None:
    if text is None:
        return None
    parts = _parsed("PORTAL_SMTP_URL", text)
    if parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname:
        raise BadSetting(
            "PORTAL_SMTP_URL must look like "
            "smtp+starttls://user:password@mail.example:587?from=partners@example.com "
            "(smtp:// for none, smtps:// for TLS from the start)."
        )
    sender = parse_qs(parts.query).get("from", [""])[0]
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", sender):
        raise BadSetting("PORTAL_SMTP_URL needs ?from= with the address that letters come from.")
    return text


def _parsed(name: str, text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # read here, because a wrong one only shows then
    except ValueError as error:
        raise BadSetting(f"{name} can't be read: {error}.") from error
    return parts


def _stripe_secrets(text: str) -> tuple[tuple[str, str], ...]:
    found = [
        re.fullmatch(r"(?:([a-z0-9-]+):)?(whsec_\S{5,})", word) for word in text.replace(",", " ").split()
    ]
    if not all(found):
        raise BadSetting(
            "PORTAL_STRIPE_WEBHOOK_SECRET holds a value that is no secret of the form whsec_…, or "
            "kartra:whsec_… for one program of several. Several are split by commas."
        )
    return tuple((match[1] or "", match[2]) for match in found if match)


def _stripe_keys(text: str) -> tuple[tuple[str, str], ...]:
    found = [
        re.fullmatch(r"(?:([a-z0-9-]+):)?((?:rk|sk)_(?:test|live)_\w{8,})", word)
        for word in text.replace(",", " ").split()
    ]
    if not all(found):
        raise BadSetting(
            "PORTAL_STRIPE_API_KEY holds a value that is no key of the form rk_live_… or sk_live_… "
            "(or …_test_…), or kartra:rk_live_… for one program of several. Several are split by commas."
        )
    keys = tuple((match[1] or "", match[2]) for match in found if match)
    if len(dict(keys)) < len(keys):
        raise BadSetting("PORTAL_STRIPE_API_KEY names two keys for the same program. One is needed.")
    return keys


def _stripe_address(text: str) -> str:
    parts = _parsed("PORTAL_STRIPE_API_URL", text)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise BadSetting("PORTAL_STRIPE_API_URL must begin with https://, for the key travels there.")
    return text.rstrip("/")


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word) for word in text.replace(",", " ").split())
    except ValueError as error:
        raise BadSetting(
            f"PORTAL_TRUSTED_PROXIES must list addresses or networks, like 10.0.0.0/8: {error}."
        ) from error


def _in_url(host: str) -> str:
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - where to go, not where to listen
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address means this very machine."""
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
