"""Keys of billing systems that tell their events through the API.

Decided: a key's secret is made from the installation's secret and the key's id, so the database keeps only
its hash, and yet signatures can be checked. Somebody who reads the database can sign nothing. Rejected:
bearer tokens (a copied request could be altered and sent again), and stored secrets. Whoever changes
PORTAL_SECRET makes new keys; the hash tells that this is what happened.
"""

import base64
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal import db
from portal.audit.actions import Actor, record
from portal.earnings.api_events import KINDS
from portal.earnings.gather import identity
from portal.earnings.stripe import Forged, verify
from portal.earnings.tables import ApiKey
from portal.errors import NotFound, Refused
from portal.ids import new_id, token_hash
from portal.programs.queries import program_by_slug

PREFIX, SECRET_PREFIX = "key_", "psk_"
LONGEST_NAME = 80


@dataclass(frozen=True)
class NewKey:
    name: str  # the public half, for the header
    secret: str  # shown once


@dataclass(frozen=True)
class Key:
    id: UUID
    program: UUID
    kinds: frozenset[str]


@dataclass(frozen=True)
class KeyRow:
    name: str
    called: str
    program: str
    kinds: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None


class NotForThis(ValueError):
    """The key is good, and yet may not tell this kind of event."""


async def add_key(
    secret: bytes, program: str, called: str, kinds: Collection[str], by: Actor, now: datetime
) -> NewKey:
    """Raises NotFound for a program that is not there."""
    called = " ".join(called.split())
    if not called or len(called) > LONGEST_NAME:
        raise Refused(f"Name the key after the system that uses it, in 1 to {LONGEST_NAME} characters.")
    chosen = [kind for kind in KINDS if kind in kinds] or list(KINDS)
    known, key = await program_by_slug(program), new_id()
    made = NewKey(name_of(key), _secret_of(secret, key))
    async with db.transaction():
        await ApiKey.insert(
            ApiKey(
                id=key,
                program=known.id,
                called=called,
                kinds=",".join(chosen),
                secret_hash=token_hash(made.secret),
                created_at=now,
            )
        )
        await record(by, "added", "api_key", made.name, now, after={"called": called, "kinds": chosen})
    return made


async def end_key(name: str, by: Actor, now: datetime) -> None:
    async with db.transaction():
        rows = await db.for_update(ApiKey.select(ApiKey.ended_at).where(ApiKey.id == _id_of(name)))
        if not rows:
            raise NotFound("There is no such key.")
        if rows[0]["ended_at"]:
            raise Refused("This key has ended already.")
        await ApiKey.update({ApiKey.ended_at: now}).where(ApiKey.id == _id_of(name))
        await record(by, "ended", "api_key", name, now)


async def keys() -> list[KeyRow]:
    rows = await ApiKey.select(
        ApiKey.id, ApiKey.called, ApiKey.program.slug, ApiKey.kinds, ApiKey.created_at, ApiKey.ended_at
    ).order_by(ApiKey.id)
    return [
        KeyRow(
            name_of(identity(row["id"])),
            row["called"],
            row["program.slug"],
            tuple(row["kinds"].split(",")),
            row["created_at"],
            row["ended_at"],
        )
        for row in rows
    ]


async def signed_by(secret: bytes, name: str, signature: str, body: bytes, now: datetime) -> Key:
    """Whose key signed exactly these bytes within the last five minutes. Raises `Forged`."""
    rows = await ApiKey.select().where((ApiKey.id == _id_of(name)) & ApiKey.ended_at.is_null())
    if not rows:
        raise Forged("The Portal-Key header names no key of this portal.")
    made = _secret_of(secret, identity(rows[0]["id"]))
    if not hmac.compare_digest(token_hash(made), rows[0]["secret_hash"]):
        raise Forged("The portal's own secret has changed since this key was made. Make a new key.")
    verify(body, signature, [made], now, header="Portal-Signature")
    return Key(identity(rows[0]["id"]), identity(rows[0]["program"]), frozenset(rows[0]["kinds"].split(",")))


def name_of(key: UUID) -> str:
    return PREFIX + base64.b32encode(key.bytes).decode().rstrip("=").lower()


def _id_of(name: str) -> UUID:
    """An id that no key has, where this is no name of one."""
    text = name.removeprefix(PREFIX).upper()
    try:
        return UUID(bytes=base64.b32decode(text + "=" * (-len(text) % 8)))
    except ValueError:
        return UUID(int=0)


def _secret_of(secret: bytes, key: UUID) -> str:
    made = hmac.digest(secret, b"api key\0" + key.bytes, "sha256")
    return SECRET_PREFIX + base64.urlsafe_b64encode(made).decode().rstrip("=")
