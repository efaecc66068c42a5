"""A notifier for each fan-out: both are held to one contract."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from aio_pika.abc import AbstractChannel
from pydantic import SecretStr

from contracts.owners import Owners
from notifier.settings import FanOutKind
from tests.services import running_notifier

SECRET = SecretStr("integration")
Start = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture(params=list(FanOutKind), ids=list(FanOutKind))
def start(request: pytest.FixtureRequest, broker_url: str, channel: AbstractChannel, blobs: Path) -> Start:
    """Starts a notifier with this fan-out."""
    settings = {"notifier_fanout": request.param, "store_url": blobs.as_uri(), "secret": SECRET}

    def run(url: str = broker_url, **more: Any) -> AbstractAsyncContextManager[str]:
        return running_notifier(url, **{**settings, **more})

    return run


@pytest.fixture
async def notifier(start: Start) -> AsyncIterator[str]:
    async with start() as url:
        yield url


def a_visitor(name: str = "visitor") -> tuple[str, str]:
    """A cookie as the gateway sets it, and its owner's pseudonym."""
    owners = Owners((SECRET.get_secret_value(),))
    return owners._signer.sign(name).decode(), owners.pseudonym(name)
