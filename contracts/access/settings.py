"""Settings of all services that let people in. Give the same to each."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from contracts.access.caller import Visibility
from contracts.access.hosts import ANY
from contracts.settings import Names, SharedSettings

KNOWN_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
MIN_SECRET_BYTES = 32  # RFC 7518, section 3.2
HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _key_set_url(url: str) -> str:
    parts = urlsplit(url)
    if url and parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError(
            "it must look like https://issuer.example/jwks.json: who changes it on its way changes who you are"
        )
    return url


def _algorithms(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or not set(names) <= KNOWN_ALGORITHMS:
        raise ValueError(f"use some of {', '.join(sorted(KNOWN_ALGORITHMS))}")
    return names


def _host_names(names: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(name.lower() for name in names)
    if not all(name == ANY or HOST_NAME.fullmatch(name) for name in names):
        raise ValueError("use names such as files.example, without scheme and port; or * for any")
    return names


def _origins(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(ORIGIN.fullmatch(name) for name in names):
        raise ValueError("use origins such as https://files.example, in small letters, without a path; there is no *")
    return names


def _long_enough(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None and len(secret.get_secret_value().encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"it must have at least {MIN_SECRET_BYTES} bytes")
    return secret


Origins = Annotated[Names, AfterValidator(_origins)]  # whose pages may read answers with the reader's own cookies


class AccessSettings(SharedSettings):
    """Who may come in, and see what. A variable that is empty is as one that is not there."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    secret: SecretStr | None = Field(
        default=None,
        description="Signs cookies, tickets and links. Several, separated by commas: the first signs, all are known.",
    )
    owner_secret: SecretStr | None = Field(
        default=None, description="Makes owners' pseudonyms; never change it. None: the last one of the secrets."
    )
    visibility: Visibility = Field(default=Visibility.ALL, description="Whose jobs one sees.")
    allowed_hosts: Annotated[Names, AfterValidator(_host_names)] = Field(
        default=(), description="What we are called, besides localhost and our addresses. None: see `hosts`."
    )
    auth_secret: Annotated[SecretStr | None, AfterValidator(_long_enough)] = Field(
        default=None, description="Tokens are signed with it (HS256)."
    )
    auth_jwks_url: Annotated[str, AfterValidator(_key_set_url)] = Field(
        default="", description="Tokens are signed with the keys that are published there."
    )
    auth_issuer: str = Field(default="", description="Whose tokens count.")
    auth_audience: str = Field(default="", description="For whom a token must be.")
    auth_algorithms: Annotated[Names, AfterValidator(_algorithms)] = Field(
        default=("RS256", "ES256", "EdDSA"), description="How tokens may be signed with published keys."
    )
    auth_cookie: str = Field(
        default="stagecast_token", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The cookie that may hold a token."
    )
    auth_leeway_seconds: int = Field(default=30, ge=0, le=120, description="How far two clocks may differ.")
    rate_per_second: float = Field(default=0, ge=0, description="Requests that a client may send. 0: any number.")
    rate_burst: int = Field(default=200, ge=1, description="How many of them at once.")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The newest first; none where none was given."""
        text = self.secret.get_secret_value() if self.secret else ""
        return tuple(part.strip() for part in text.split(",") if part.strip())

    @property
    def needs_tokens(self) -> bool:
        return self.auth_secret is not None or bool(self.auth_jwks_url)

    @property
    def hosts(self) -> tuple[str, ...]:
        """By what names requests may come. Where being near enough to ask is all that it takes to see everything, those
        that were said; elsewhere a page that takes our place has no cookie or token of ours, and any name will do.
        """
        is_open = self.visibility is Visibility.ALL and not self.needs_tokens
        return self.allowed_hosts or (() if is_open else (ANY,))

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.auth_secret is not None and self.auth_jwks_url:
            raise ValueError("give STAGECAST_AUTH_SECRET or STAGECAST_AUTH_JWKS_URL, not both")
        if self.needs_tokens and not (self.auth_issuer and self.auth_audience):
            raise ValueError("tokens need STAGECAST_AUTH_ISSUER and STAGECAST_AUTH_AUDIENCE too")
        if (self.auth_issuer or self.auth_audience) and not self.needs_tokens:
            raise ValueError("tokens need STAGECAST_AUTH_SECRET or STAGECAST_AUTH_JWKS_URL too")
        if (self.needs_tokens or self.visibility is Visibility.OWN) and not self.secrets:
            raise ValueError(
                "STAGECAST_VISIBILITY=own and STAGECAST_AUTH_… need STAGECAST_SECRET, the same in all services"
            )
        return self
