"""Send files, follow jobs and fetch what they made, from Python.

async with connect("http://localhost:8000") as stagecast:
    job = await stagecast.send(Upload(Path("scan.tif")))
    async with aclosing(stagecast.follow(jobs=[job.id])) as changes:
        async for change in changes:
            print(change)
"""

from client.changes import Connected, Seen, Waiting
from client.errors import AwayError, ChangedError, ClientError, LostError, RefusedError, UnreachableError
from client.stagecast import Listed, Stagecast, connect
from client.upload import Upload

__all__ = [
    "AwayError",
    "ChangedError",
    "ClientError",
    "Connected",
    "Listed",
    "LostError",
    "RefusedError",
    "Seen",
    "Stagecast",
    "UnreachableError",
    "Upload",
    "Waiting",
    "connect",
]
