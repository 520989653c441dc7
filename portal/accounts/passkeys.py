"""Passkeys: registering one, and signing in by it. Challenges are kept here, used once and soon gone.

A passkey answers for exactly one origin, the configured base URL. Browsers bind it to a domain and refuse
addresses in numbers, so a portal at http://127.0.0.1 has none (`is_possible`).
"""

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal import db
from portal.accounts.rules import CHALLENGE_LASTS, PASSKEYS_MOST
from portal.accounts.signing_in import (
    Device,
    NewSession,
    make_whole,
    open_for_manager,
    open_for_person,
    prove,
)
from portal.accounts.tables import Challenge, Manager, Passkey, Session
from portal.accounts.whose import Whose
from portal.audit.actions import record
from portal.errors import NotYours, Refused
from portal.ids import new_id
from portal.outbox.actions import post

STALE = "That took too long. Please try once more."
WRONG = "This passkey was not accepted. Try again, or use your password."
SET_UP = "A second factor was set up meanwhile. Sign in again with it."
UNKNOWN = "This passkey is not known here any more. Remove it from your device, and sign in another way."


class Ceremony(StrEnum):
    REGISTER = "register"
    SIGN_IN = "sign_in"
    PROVE = "prove"


@dataclass(frozen=True)
class Site:
    """Whom a passkey is for: `id` is a domain, `origin` the address bar's beginning."""

    id: str
    origin: str
    name: str


def site_of(base_url: str, name: str) -> Site:
    # As browsers write an origin: the usual port is left out, an international domain is in ASCII.
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if not _is_number(host):
        host = host.encode("idna").decode()
    usual = {"https": 443, "http": 80}[parts.scheme]
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    return Site(host, f"{parts.scheme}://{host}{port}", name)


def is_possible(base_url: str) -> bool:
    """Whether browsers take part: over https, or on this machine under the name localhost."""
    parts = urlsplit(base_url)
    if _is_number(parts.hostname):
        return False
    return parts.scheme == "https" or parts.hostname == "localhost"


def _is_number(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True


async def registering(whose: Whose, session: UUID, site: Site, now: datetime) -> str:
    """What the browser needs to make a passkey, as JSON."""
    row = await whose.row()
    known = await Passkey.select(Passkey.credential_id).where(whose.has(Passkey))
    if len(known) >= PASSKEYS_MOST:
        raise Refused(f"You have {PASSKEYS_MOST} passkeys already. Remove one that you don't use.")
    options = webauthn.generate_registration_options(
        rp_id=site.id,
        rp_name=site.name,
        user_id=whose.id.bytes,
        user_name=row.email,
        user_display_name=row.name,
        timeout=_milliseconds(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one["credential_id"])) for one in known
        ],
    )
    return await _asked(options, options.challenge, Ceremony.REGISTER, session, now)


async def register(
    whose: Whose, session: UUID, challenge: UUID, said: dict[str, Any], name: str, site: Site, now: datetime
) -> None:
    """Keeps a passkey and tells its owner by letter. Raises Refused."""
    expected = await _take(challenge, Ceremony.REGISTER, session, now)
    try:
        made = webauthn.verify_registration_response(
            credential=said,
            expected_challenge=expected,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as problem:
        raise Refused("This passkey could not be kept. Try again, or use another device.") from problem
    async with db.transaction():
        row = await whose.row()
        await Passkey.insert(
            Passkey(
                id=new_id(),
                person=whose.person,
                manager=whose.manager,
                credential_id=bytes_to_base64url(made.credential_id),
                public_key=bytes_to_base64url(made.credential_public_key),
                sign_count=made.sign_count,
                name=name,
                synced=made.credential_backed_up,
                created_at=now,
            )
        )
        await post(
            "passkey_added",
            program=None,
            to=row.email,
            at=now,
            name=row.name,
            passkey=name,
            when=now.date().isoformat(),
        )
        await record(whose.actor, "added_passkey", whose.kind, str(whose.id), now, after=name)


async def remove(whose: Whose, passkey: UUID, now: datetime) -> str:
    """Gives back its name. Raises NotYours, and Refused for a manager's only second factor."""
    async with db.transaction():
        if whose.manager is not None:
            await db.for_update(Manager.select(Manager.id).where(Manager.id == whose.manager))
        found = await Passkey.objects().where(whose.has(Passkey) & (Passkey.id == passkey)).first()
        if found is None:
            raise NotYours
        if whose.manager is not None and not await has_second_factor(whose.manager, without=passkey):
            raise Refused("This is your only second factor. Set up another one first.")
        await Passkey.delete().where(Passkey.id == passkey)
        await record(whose.actor, "removed_passkey", whose.kind, str(whose.id), now, before=found.name)
        return str(found.name)


async def has_second_factor(manager: UUID, *, without: UUID | None = None) -> bool:
    kept = await Manager.select(Manager.totp_secret).where(Manager.id == manager).first()
    if kept and kept["totp_secret"]:
        return True
    mine = Passkey.manager == manager
    return bool(await Passkey.exists().where(mine if without is None else mine & (Passkey.id != without)))


async def must_lack_a_factor(manager: UUID) -> None:
    """Raises Refused. In the caller's transaction: of two who set one up at once, one comes too late."""
    await db.for_update(Manager.select(Manager.id).where(Manager.id == manager))
    if await has_second_factor(manager):
        raise Refused(SET_UP)


async def asking(site: Site, now: datetime, session: UUID | None = None) -> str:
    """What the browser needs to sign in by any passkey that it has for us, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=site.id, timeout=_milliseconds(), user_verification=UserVerificationRequirement.REQUIRED
    )
    ceremony = Ceremony.SIGN_IN if session is None else Ceremony.PROVE
    return await _asked(options, options.challenge, ceremony, session, now)


async def sign_in(
    challenge: UUID, said: dict[str, Any], site: Site, device: Device, now: datetime
) -> NewSession:
    """Verified by the device, a passkey is both factors of a manager at once. Raises Refused."""
    expected = await _take(challenge, Ceremony.SIGN_IN, None, now)
    async with db.transaction():
        whose = await _verified(said, expected, site, now)
        if whose.manager is not None:
            return await open_for_manager(whose.manager, device, now, second_factor=True)
        return await open_for_person(whose.id, device, now)


async def prove_again(
    whose: Whose,
    session: UUID,
    kind: str,
    challenge: UUID,
    said: dict[str, Any],
    site: Site,
    now: datetime,
) -> NewSession:
    """For somebody who is signed in, or half: the passkey must be their own. Raises Refused."""
    expected = await _take(challenge, Ceremony.PROVE, session, now)
    async with db.transaction():
        if await _verified(said, expected, site, now) != whose:
            raise Refused("This passkey belongs to another account.")
        if kind == "half":
            return await make_whole(session, whose.id, now)
        return await prove(session, kind, now)


async def forget_old(now: datetime) -> None:
    """Challenges that nobody answered, and sessions that ran out."""
    await Challenge.delete().where(Challenge.expires_at < now)
    await Session.delete().where(Session.expires_at < now)


async def _verified(said: dict[str, Any], expected: bytes, site: Site, now: datetime) -> Whose:
    """Whose passkey signed it. Raises Refused. In the caller's transaction, that the counter counts once."""
    identity = said.get("id")
    found = None
    if isinstance(identity, str):
        found = await db.for_update(Passkey.objects().where(Passkey.credential_id == identity)).first()
    if found is None:
        raise Refused(UNKNOWN)
    whose = Whose.of(found)
    try:
        proof = webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=expected,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(found.public_key),
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
        handle = said["response"].get("userHandle")
        if handle and base64url_to_bytes(handle) != whose.id.bytes:
            raise Refused(WRONG)
    except (WebAuthnException, ValueError, TypeError, KeyError) as problem:
        raise Refused(WRONG) from problem
    if isinstance(row := await whose.row(), Manager) and row.ended_at is not None:
        raise Refused(UNKNOWN)
    await Passkey.update({Passkey.sign_count: proof.new_sign_count, Passkey.last_used_at: now}).where(
        Passkey.id == found.id
    )
    return whose


async def _asked(
    options: Any, challenge: bytes, ceremony: Ceremony, session: UUID | None, now: datetime
) -> str:
    identity = new_id()
    await Challenge.insert(
        Challenge(
            id=identity,
            value=bytes_to_base64url(challenge),
            purpose=ceremony,
            session=session,
            expires_at=now + CHALLENGE_LASTS,
        )
    )
    return json.dumps(
        {"challenge": str(identity), "publicKey": json.loads(webauthn.options_to_json(options))}
    )


async def _take(identity: UUID, ceremony: Ceremony, session: UUID | None, now: datetime) -> bytes:
    """The challenge, which is gone after this. Raises Refused."""
    async with db.transaction():
        found = await db.for_update(Challenge.objects().where(Challenge.id == identity)).first()
        if found is not None:
            await Challenge.delete().where(Challenge.id == identity)
    if found is None or found.purpose != ceremony or found.session != session or now >= found.expires_at:
        raise Refused(STALE)
    return base64url_to_bytes(found.value)


def _milliseconds() -> int:
    return int(CHALLENGE_LASTS.total_seconds() * 1000)
