"""The real services, each started from its own composition root inside the test's process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from contracts.settings import SharedSettings
from gateway.__main__ import main as gateway_main
from gateway.settings import GatewaySettings
from notifier.__main__ import main as notifier_main
from notifier.settings import NotifierSettings
from processor.__main__ import main as processor_main
from processor.settings import ProcessorSettings
from tests.ground import wait_until_async
from tests.stack import free_ports

S = TypeVar("S", bound=SharedSettings)


def free_port() -> int:
    return free_ports(1)[0]


@asynccontextmanager
async def running(
    main: Callable[[S, asyncio.Event], Awaitable[None]], settings: S, port: int, *, ready: bool = True
) -> AsyncIterator[str]:
    """A service, from its readiness to its ordered end; gives its URL."""
    stop = asyncio.Event()
    url = f"http://127.0.0.1:{port}"

    async def serve() -> None:
        await main(settings, stop)

    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(serve())
        try:
            await answering(f"{url}/{'readyz' if ready else 'livez'}")
            yield url
        finally:
            stop.set()
            await serving


async def answering(url: str) -> None:
    """Wait until a URL answers 200."""
    async with httpx.AsyncClient() as client:

        async def answers() -> bool:
            try:
                return (await client.get(url)).status_code == 200
            except httpx.TransportError:
                return False

        await wait_until_async(answers, 30, what=url)


@asynccontextmanager
async def running_gateway(amqp_url: str, store_url: str, *, ready: bool = True, **more: Any) -> AsyncIterator[str]:
    port = free_port()
    settings = GatewaySettings(amqp_url=SecretStr(amqp_url), store_url=store_url, gateway_port=port, **more)
    async with running(gateway_main, settings, port, ready=ready) as url:
        yield url


@asynccontextmanager
async def running_notifier(amqp_url: str, *, ready: bool = True, **more: Any) -> AsyncIterator[str]:
    port = free_port()
    settings = NotifierSettings(amqp_url=SecretStr(amqp_url), notifier_port=port, **more)
    async with running(notifier_main, settings, port, ready=ready) as url:
        yield url


@asynccontextmanager
async def running_processor(amqp_url: str, store_url: str, *pipelines: str, **more: Any) -> AsyncIterator[str]:
    """Pipelines are names from `tests.pipelines`, or `module:object`."""
    port = free_port()
    settings = ProcessorSettings(
        amqp_url=SecretStr(amqp_url),
        store_url=store_url,
        processor_port=port,
        processor_pipelines=tuple(name if ":" in name else f"tests.pipelines:{name}" for name in pipelines),
        **more,
    )
    async with running(processor_main, settings, port) as url:
        yield url
