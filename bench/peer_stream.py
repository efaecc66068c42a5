"""The peer: streams as sse-starlette's and aio-pika's documentation show them, a queue a client.

Written for speed where its user has a choice: a channel of each client's own, or acknowledging, makes it slower.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import uvicorn
from fastapi import FastAPI
from sse_starlette import EventSourceResponse, ServerSentEvent


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with await aio_pika.connect_robust(sys.argv[2]) as connection, connection.channel() as channel:
        await channel.declare_exchange("events", "fanout", durable=True)
        app.state.channel = channel
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/events")
async def events() -> EventSourceResponse:
    return EventSourceResponse(stream())


async def stream() -> AsyncIterator[ServerSentEvent]:
    queue = await app.state.channel.declare_queue(exclusive=True, auto_delete=True)
    await queue.bind("events")
    async with queue.iterator(no_ack=True) as messages:
        yield ServerSentEvent(comment="ready")
        async for message in messages:
            yield ServerSentEvent(message.body.decode(), id=message.message_id)


@app.get("/readyz")
def ready() -> dict[str, str]:
    return {"status": "ready"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
