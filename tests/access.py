"""Issuers of tokens, and what callers bring."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.requests import Request

ISSUER = "https://issuer.example"
AUDIENCE = "stagecast"
SECRET = "a shared secret of more than thirty-two bytes"


def claims(subject: str | None = "ada", *, seconds: float = 600, **more: Any) -> dict[str, Any]:
    """What a good token says, unless `more` says otherwise; None takes a claim away."""
    said: dict[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": int(time.time() + seconds)}
    said |= more
    return {name: value for name, value in said.items() if value is not None}


def token(subject: str = "ada", *, seconds: float = 600, secret: str = SECRET, **more: Any) -> str:
    """Signed with a shared secret."""
    return jwt.encode(claims(subject, seconds=seconds, **more), secret, algorithm="HS256")


class Issuer:
    """Signs with private keys, and tells the public ones."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}

    def add_rsa(self, kid: str, bits: int = 2_048) -> None:
        self.keys[kid] = rsa.generate_private_key(65_537, bits)

    def add_ec(self, kid: str) -> None:
        self.keys[kid] = ec.generate_private_key(ec.SECP256R1())

    def sign(self, kid: str, *, subject: str = "ada", algorithm: str | None = None, **more: Any) -> str:
        key = self.keys[kid]
        usual = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(claims(subject, **more), key, algorithm=algorithm or usual, headers={"kid": kid})

    def key_set(self) -> bytes:
        """As a JWKS URL answers."""
        return json.dumps({"keys": [self._public(kid) for kid in self.keys]}).encode()

    def _public(self, kid: str) -> dict[str, Any]:
        key = self.keys[kid]
        kind = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
        return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


class Site:
    """Where keys are published: a real server, which counts."""

    def __init__(self) -> None:
        self.body = b""
        self.status = b"200 OK"
        self.asked = 0
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        writer.write(b"HTTP/1.1 %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (self.status, len(self.body)))
        writer.write(self.body)
        writer.close()


@asynccontextmanager
async def publishing() -> AsyncIterator[Site]:
    """A site of one's own."""
    site = Site()
    async with await asyncio.start_server(site.answer, "127.0.0.1", 0) as server:
        site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"
        yield site


def asked(
    method: str = "GET", path: str = "/", *, query: str = "", client: str = "192.0.2.1", **headers: str
) -> Request:
    """A request; underscores in a header's name stand for hyphens."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": raw,
            "scheme": "http",
            "client": (client, 1),
            "server": ("localhost", 80),
        }
    )


def bearer(token: str) -> Mapping[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {token}"}
