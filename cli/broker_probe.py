"""Whether a broker answers, asked as a service would ask: with the URL's user, password and vhost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiormq.exceptions import AMQPError, ProbableAuthenticationError, ProtocolSyntaxError
from pydantic import SecretStr

from cli.amqp_url import AmqpUrl
from contracts.broker import BROKER_ERRORS, connect, describe

REACH_SECONDS = 3


@dataclass(frozen=True)
class Answers:
    """A broker is there and takes us."""


@dataclass(frozen=True)
class Away:
    """Nothing listens there."""

    reason: str


@dataclass(frozen=True)
class Refuses:
    """Something listens there, but not for us."""

    reason: str


async def ask_nodes(urls: Sequence[AmqpUrl]) -> tuple[AmqpUrl, Answers | Away | Refuses]:
    """The first node of a cluster that answers; if none does, the last one asked, and what it said."""
    for url in urls[:-1]:
        if (answer := await ask_broker(url)) == Answers():
            return url, answer
    return urls[-1], await ask_broker(urls[-1])


async def ask_broker(url: AmqpUrl) -> Answers | Away | Refuses:
    """Reach the port, then shake hands; at most some 8 s."""
    try:
        async with asyncio.timeout(REACH_SECONDS):
            _, writer = await asyncio.open_connection(url.host, url.port)
    except TimeoutError:
        return Away(f"no answer within {REACH_SECONDS} s")
    except OSError as error:
        return Away(error.strerror or str(error))
    writer.close()
    try:
        connection = await connect(SecretStr(str(url)), name="start")
    except BROKER_ERRORS as error:
        return Refuses(_refusal(url, error))
    await connection.close()
    return Answers()


def _refusal(url: AmqpUrl, error: BaseException) -> str:
    match error:
        case ProbableAuthenticationError():
            return f"the broker refuses user {url.user!r} or its password"
        case ProtocolSyntaxError():  # aiormq meets Connection.Close where it expects Connection.OpenOk
            return f"the broker has no vhost {url.vhost!r} for user {url.user!r}"
        case TimeoutError() | AMQPError():
            return "what listens there does not speak AMQP 0-9-1"
        case _:
            return describe(error)
