"""The keys that tokens are checked with: one shared secret, or a set that its issuer publishes (JWKS, RFC 7517)."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, Protocol

import httpx
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from contracts.access.errors import BadTokenError, KeysAwayError

FRESH_SECONDS = 300.0  # after it the set is asked for again
KEPT_SECONDS = 3_600.0  # for how long keys are good whose issuer is away
PAUSE_SECONDS = 10.0  # between two questions, whoever asks: unknown keys cost the issuer no more than that
FETCH_SECONDS = 5.0
MAX_BYTES = 256 * 1024
MAX_KEYS = 100
MIN_RSA_BITS = 2_048
FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}  # by the first letters of an algorithm

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Keys(Protocol):
    """Where the key for a token is found."""

    async def find(self, kid: str | None, algorithm: str) -> Any:
        """The key, as PyJWT takes it.

        Raises:
            BadTokenError: there is none.
            KeysAwayError: nobody can say at the moment.
        """


class SharedKey:
    """The one secret of HS256."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def find(self, kid: str | None, algorithm: str) -> str:
        return self._secret


class KeySet:
    """The public keys of an issuer, asked for when a token needs them. An issuer that is away keeps its last keys."""

    def __init__(self, url: str, *, pause: float = PAUSE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._pause = pause
        self._clock = clock
        self._keys: list[PyJWK] = []
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = asyncio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> Any:
        if self._age() > FRESH_SECONDS:
            await self._renew()
        key = self._pick(kid, algorithm)
        if key is None:  # the issuer may have made a new one
            await self._renew(is_wanted=True)
            key = self._pick(kid, algorithm)
        if self._age() > KEPT_SECONDS:
            raise KeysAwayError("the keys that tokens are checked with cannot be had at the moment")
        if key is None:
            raise BadTokenError("no key of the issuer fits this token")
        return key.key

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    async def _renew(self, *, is_wanted: bool = False) -> None:
        """Ask, unless somebody did within the pause. While one asks, others go on with the keys that there are."""
        if self._fetching.locked() and not is_wanted and self._age() <= KEPT_SECONDS:
            return
        async with self._fetching:
            if self._tried_at is not None and self._clock() - self._tried_at < self._pause:
                return
            self._tried_at = self._clock()
            try:
                async with asyncio.timeout(FETCH_SECONDS):
                    self._keys = _usable(await _fetch(self._url))
                self._fetched_at = self._clock()
            except (httpx.HTTPError, OSError, ValueError, RecursionError) as error:
                log.warning("keys.unavailable", reason=type(error).__name__)

    def _pick(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """By its id; a token that names none is for an issuer with one key."""
        fitting = [
            key
            for key in self._keys
            if key.key_type == FAMILIES[algorithm[:2]]
            and key._jwk_data.get("alg", algorithm) == algorithm
            and (kid is None or key.key_id == kid)
        ]
        return fitting[0] if len(fitting) == 1 else None


async def _fetch(url: str) -> Any:
    body = b""
    async with (
        httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False) as client,
        client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise ValueError(f"the issuer answered {answer.status_code}")
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > MAX_BYTES:
                raise ValueError("the issuer's answer is too long")
    return json.loads(body)


def _usable(document: Any) -> list[PyJWK]:
    """The keys to check signatures with; a secret among them is none, whatever it says."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("this is no key set")
    return [key for entry in entries[:MAX_KEYS] if (key := _read(entry)) is not None]


def _read(entry: Any) -> PyJWK | None:
    if not isinstance(entry, dict) or entry.get("kty") not in FAMILIES.values() or entry.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK.from_dict(entry)
    except (PyJWTError, ValueError, TypeError):
        return None
    return None if getattr(key.key, "key_size", MIN_RSA_BITS) < MIN_RSA_BITS and key.key_type == "RSA" else key
