"""A server that speaks S3, as a process of its own, and what stands in its buckets."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree

import httpx
import obstore
from obstore.store import ObjectStore

from contracts.blobs import open_store
from tests.ground import wait_until
from tests.stack import PROJECT, clean_environment, free_ports

BUCKET = "blobs"
KEY, SECRET, REGION = "tests", "tests", "us-east-1"
SIGNED = f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=none"


@dataclass
class Bucket:
    """An empty bucket, and the process that keeps it: in memory, so what stands in it ends with the process."""

    port: int
    program: str = "deploy/cluster/s3/server.py"
    process: subprocess.Popen[bytes] = field(init=False)
    store_url: str = f"s3://{BUCKET}/some/prefix"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a service needs to find it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
        }

    def start(self) -> None:
        command = [sys.executable, str(PROJECT / self.program)]
        self.process = subprocess.Popen(
            [*command, "127.0.0.1", str(self.port), BUCKET], env=clean_environment(), stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, 60, what="the S3 server")

    def freeze(self) -> None:
        """Connections are taken, by the kernel, and nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()

    def refuse(self) -> None:
        """From now on whoever it does not know is refused; and it knows nobody."""
        httpx.post(f"{self.url}/moto-api/reset-auth", content=b"0").raise_for_status()

    def open(self) -> ObjectStore:
        """As a service opens it."""
        with environment(self.environment):
            return open_store(self.store_url)

    def unfinished(self) -> list[str]:
        """The keys of uploads in parts that were neither completed nor taken back."""
        answer = httpx.get(f"{self.url}/{BUCKET}?uploads", headers={"Authorization": SIGNED}).raise_for_status()
        space = "{http://s3.amazonaws.com/doc/2006-03-01/}"
        found = ElementTree.fromstring(answer.content).iter(f"{space}Upload")
        return [each.findtext(f"{space}Key", "") for each in found]

    def keys(self) -> list[str]:
        """All that stands under the prefix."""
        return sorted(each["path"] for batch in obstore.list(self.open()) for each in batch)

    def read(self, key: str) -> bytes:
        return bytes(obstore.get(self.open(), key).bytes())

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the S3 server has ended"
        try:
            return httpx.get(f"{self.url}/moto-api/").status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def running_bucket(program: str = Bucket.program) -> Iterator[Bucket]:
    bucket = Bucket(free_ports(1)[0], program)
    bucket.start()
    try:
        yield bucket
    finally:
        bucket.close()


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables set, for who reads them at its start."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


async def keys(bucket: Bucket) -> list[str]:
    return await asyncio.to_thread(bucket.keys)
