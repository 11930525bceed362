"""Pairing a bridge: the OAuth 2.0 device grant (RFC 8628), kept to its polling answers."""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from commons.accounts.models import Account
from commons.agents.models import Pairing
from commons.errors import CommonsError, Forbidden, NotFound
from commons.orders.services import release_held
from commons.workshops.models import Bridge, Machine, Workshop
from firmware_bridge import wire

EXPIRES_S = 900
INTERVAL_S = 2
_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 §6.1: no vowels, so no words


class GrantError(CommonsError):
    """An answer of the token endpoint that is not a token; its text is the error code of RFC 8628 §3.5."""

    status = 400


def sha256(secret: str) -> str:
    """How device codes and tokens are kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(session: Session, request: wire.PairingRequest, verification_uri: str, now: datetime) -> wire.PairingCode:
    """A device code for the bridge and a short user code for its owner."""
    session.execute(sa.delete(Pairing).where(Pairing.expires <= now))
    device_code = secrets.token_urlsafe(32)
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(8))
    pairing = Pairing(
        device_code_sha256=sha256(device_code),
        user_code=f"{letters[:4]}-{letters[4:]}",
        bridge_name=request.bridge_name,
        expires=now + timedelta(seconds=EXPIRES_S),
    )
    session.add(pairing)
    return wire.PairingCode(
        device_code=device_code,
        user_code=pairing.user_code,
        verification_uri=verification_uri,
        expires_in=EXPIRES_S,
        interval=INTERVAL_S,
    )


def find(session: Session, user_code: str, now: datetime) -> Pairing:
    """The pairing a person typed the code of, in either case, with or without its dash. Raises `NotFound`."""
    letters = "".join(letter for letter in user_code.upper() if letter.isalpha())
    pairing = session.scalar(
        sa.select(Pairing).where(Pairing.user_code == f"{letters[:4]}-{letters[4:]}", Pairing.expires > now)
    )
    if pairing is None or pairing.workshop_id is not None or pairing.denied:
        raise NotFound("No bridge is waiting with this code; it may have expired. Run “firmware-bridge pair” again.")
    return pairing


def approve(session: Session, owner: Account, user_code: str, workshop_id: str, now: datetime) -> Pairing:
    """The owner lets the waiting bridge act for one of their workshops."""
    pairing = find(session, user_code, now)
    workshop = session.get(Workshop, workshop_id)
    if workshop is None or workshop.owner_id != owner.id:
        raise Forbidden("This is not your workshop.")
    pairing.workshop_id = workshop.id
    return pairing


def deny(session: Session, user_code: str, now: datetime) -> None:
    """The person does not know this bridge."""
    find(session, user_code, now).denied = True


def redeem(session: Session, request: wire.TokenRequest, now: datetime) -> wire.TokenAnswer:
    """The bridge asks for its token. Raises `GrantError` with RFC 8628's code while there is none."""
    query = sa.select(Pairing).where(Pairing.device_code_sha256 == sha256(request.device_code)).with_for_update()
    pairing = session.scalar(query)
    if pairing is None or pairing.expires <= now:
        raise GrantError("expired_token")
    if pairing.denied:
        raise GrantError("access_denied")
    if pairing.workshop_id is None:
        hurried = pairing.asked is not None and now - pairing.asked < timedelta(seconds=INTERVAL_S * 0.5)
        pairing.asked = now
        raise GrantError("slow_down" if hurried else "authorization_pending")
    token = secrets.token_urlsafe(32)
    bridge = Bridge(workshop_id=pairing.workshop_id, name=pairing.bridge_name, token_sha256=sha256(token))
    workshop = session.get_one(Workshop, pairing.workshop_id)
    session.add(bridge)
    session.delete(pairing)
    return wire.TokenAnswer(access_token=token, workshop=workshop.name)


def bridge_with(session: Session, token: str) -> Bridge:
    """The bridge a token belongs to. Raises `Forbidden`."""
    bridge = session.scalar(sa.select(Bridge).where(Bridge.token_sha256 == sha256(token)))
    if bridge is None or bridge.revoked is not None:
        raise Forbidden("This bridge is not paired with this commons (any more). Run “firmware-bridge pair” again.")
    return bridge


def revoke(session: Session, owner: Account, bridge_id: str, now: datetime) -> None:
    """The owner ends a pairing: what was not begun is given back, what was goes on at the machine."""
    bridge = session.get(Bridge, bridge_id)
    if bridge is None or bridge.workshop.owner_id != owner.id:
        raise Forbidden("This is not a bridge of yours.")
    bridge.revoked = now
    release_held(session, Machine.bridge_id == bridge.id, "the workshop's bridge was unpaired")
