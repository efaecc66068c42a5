"""Settings that every service reads, and how a wrong one is reported.

Settings are environment variables with the prefix `STAGECAST_`, read once at start. What should not stand in an
environment may be a file of the same name in the folder `STAGECAST_SECRETS_FOLDER`.
"""

import os
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, DirectoryPath, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from contracts.errors import BadSettingError

PREFIX = "STAGECAST_"


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]  # separated by commas
Port = Annotated[int, Field(ge=1, le=65535)]


def _amqp_url(url: SecretStr) -> SecretStr:
    if any(urlsplit(each).scheme not in {"amqp", "amqps"} for each in url.get_secret_value().split(",")):
        raise ValueError("it must look like amqp://user:password@host:5672/vhost, one for each node, between commas")
    return url


def _store_url(url: str) -> str:
    if not urlsplit(url).scheme:
        raise ValueError("it must look like file:///srv/blobs or s3://bucket/prefix")
    return url


def _local_blobs() -> str:
    return (Path.cwd() / ".local" / "blobs").as_uri()


class SharedSettings(BaseSettings):
    """What all services must agree on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    amqp_url: Annotated[SecretStr, AfterValidator(_amqp_url)] = Field(
        default=SecretStr("amqp://guest:guest@127.0.0.1:5672/"),
        description="The broker, RabbitMQ 3.10 or later; of a cluster all nodes.",
    )
    store_url: Annotated[str, AfterValidator(_store_url)] = Field(
        default_factory=_local_blobs,
        description="The blob store. The default is `.local/blobs` in the folder that a service starts in.",
    )
    secrets_folder: DirectoryPath | None = Field(
        default=None, description="Files named as settings, such as `STAGECAST_AMQP_URL`; the environment comes first."
    )
    host: str = Field(default="127.0.0.1", description="The address that a service listens on.")
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto", description="`auto` is `console` on a terminal and `json` elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"


S = TypeVar("S", bound=SharedSettings)


def _secrets_folder() -> str | None:
    """None where it is no folder: then `secrets_folder` itself is reported as wrong."""
    folder = os.environ.get(f"{PREFIX}SECRETS_FOLDER", "")
    return folder if Path(folder).is_dir() and folder else None


def read_settings(kind: type[S]) -> S:
    """Read a service's settings from the environment.

    Raises:
        BadSettingError: names each wrong variable and what it accepts, never its value.
    """
    try:
        return kind(_secrets_dir=_secrets_folder())
    except SettingsError as error:
        raise BadSettingError(str(error)) from error
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise BadSettingError("; ".join(_told(fault["loc"], fault["msg"]) for fault in faults)) from error


def _told(place: tuple[int | str, ...], fault: str) -> str:
    """What does not fit together names its variables itself."""
    return f"{PREFIX}{'_'.join(map(str, place)).upper()}: {fault}" if place else fault
