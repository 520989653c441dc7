"""A passkey's device, in software: makes keys and signs what a browser would hand it."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """`origin` and `site` are what the browser would tell it; a test may lie about them."""

    origin: str
    site: str
    verifies: bool = True
    counter: int = 0
    handle: str = ""
    identity: bytes = b"a device's key"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def makes(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to navigator.credentials.create()."""
        self.handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        held = bytes(16) + len(self.identity).to_bytes(2, "big") + self.identity + public
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(MADE) + held}
        return self._credential(
            {
                "clientDataJSON": self._client("webauthn.create", options["challenge"]),
                "attestationObject": cbor2.dumps(statement),
            }
        )

    def signs(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to navigator.credentials.get()."""
        self.counter += 1
        client, data = self._client("webauthn.get", options["challenge"]), self._data()
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        credential = self._credential(
            {"clientDataJSON": client, "authenticatorData": data, "signature": signed}
        )
        credential["response"]["userHandle"] = self.handle
        return credential

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _credential(self, response: dict[str, bytes]) -> dict[str, Any]:
        identity = bytes_to_base64url(self.identity)
        return {
            "id": identity,
            "rawId": identity,
            "type": "public-key",
            "response": {name: bytes_to_base64url(value) for name, value in response.items()},
        }
