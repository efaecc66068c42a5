"""Each fault that `doctor` finds, made for real: proxies that spoil streams, stores, processors and certificates."""

import asyncio
import resource
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from cli.amqp_url import parse_amqp_url
from cli.doctor.broker import judge_broker, read_broker
from cli.doctor.canary import judge_canary
from cli.doctor.clocks import judge_clocks, read_date
from cli.doctor.finding import Finding, Level
from cli.doctor.flight import send_canary
from cli.doctor.http_version import judge_http_version, read_http_version
from cli.doctor.limits import judge_limits, read_limits
from cli.doctor.services import judge_service, read_service
from cli.doctor.store import judge_store, read_store
from cli.doctor.stream import judge_stream, read_stream
from client import connect
from tests.ground import missing
from tests.services import free_port, running_gateway, running_notifier, running_processor
from tests.web_proxy import WebProxy, in_front_of

LISTEN = 6.0  # seconds; heartbeats come every 0.2 s here


@pytest.fixture
async def notifier(broker_url: str, blobs: Path, channel: AbstractChannel) -> AsyncIterator[str]:
    async with running_notifier(broker_url, store_url=blobs.as_uri(), notifier_heartbeat_seconds=0.2) as url:
        yield url


@pytest.fixture
async def front(notifier: str) -> AsyncIterator[tuple[str, WebProxy]]:
    async with in_front_of(notifier) as (url, proxy):
        yield url, proxy


async def examined(url: str, seconds: float = LISTEN) -> list[Finding]:
    async with httpx.AsyncClient() as http:
        return judge_stream(await read_stream(http, f"{url}/events", seconds=seconds))


def wrongs(findings: list[Finding]) -> list[str]:
    return [finding.check for finding in findings if finding.level is Level.WRONG]


async def test_a_stream_that_comes_through_is_well(front: tuple[str, WebProxy]) -> None:
    [finding] = await examined(front[0], seconds=2)
    assert finding.level is Level.GOOD, finding


async def test_a_proxy_that_buffers(front: tuple[str, WebProxy]) -> None:
    url, proxy = front
    proxy.buffers = 1_000_000
    assert wrongs(await examined(url)) == ["stream: buffering"]


async def test_a_canary_behind_a_proxy_that_buffers(front: tuple[str, WebProxy]) -> None:
    url, proxy = front
    proxy.buffers = 1_000_000
    async with connect(url) as stagecast:
        finding = judge_canary(await send_canary(stagecast, "inspect", seconds=3))
    assert (finding.level, finding.remedy) == (Level.WRONG, "see what is said of the stream")


async def test_a_proxy_that_compresses(front: tuple[str, WebProxy]) -> None:
    """As they do, it packs what is told into blocks, so it holds it back too."""
    url, proxy = front
    proxy.compresses = True
    assert "stream: compression" in wrongs(await examined(url))


async def test_a_proxy_that_times_out(front: tuple[str, WebProxy]) -> None:
    url, proxy = front
    proxy.stream_seconds = 1
    [finding] = await examined(url)
    assert finding.check == "stream: timeout"
    assert "proxy_read_timeout" in finding.remedy


async def test_a_proxy_without_a_notifier(front: tuple[str, WebProxy]) -> None:
    url, proxy = front
    proxy.away = 1
    [finding] = await examined(url)
    assert (finding.level, "answers 502" in finding.said) == (Level.WRONG, True)


async def test_nothing_there() -> None:
    [finding] = await examined(f"http://127.0.0.1:{free_port()}")
    assert (finding.level, finding.check) == (Level.WRONG, "stream")


async def test_a_clock_that_is_wrong(front: tuple[str, WebProxy]) -> None:
    url, proxy = front
    async with httpx.AsyncClient() as http:
        true = await read_date(http, "gateway", f"{url}/livez")
        proxy.date = "Mon, 23 Nov 2020 12:00:00 GMT"
        false = await read_date(http, "gateway", f"{url}/livez")
    assert true is not None
    assert false is not None
    assert wrongs(judge_clocks([true])) == []
    [finding] = judge_clocks([true, false])
    assert "behind this machine's" in finding.said


async def test_the_whole_path(broker_url: str, blobs: Path, notifier: str, channel: AbstractChannel) -> None:
    store = blobs.as_uri()
    async with (
        running_processor(broker_url, store, "count") as processor,
        running_gateway(broker_url, store) as gateway,
        connect(gateway, events_url=notifier) as stagecast,
    ):
        canary = await send_canary(stagecast, "count", seconds=60)
        broker = judge_broker(await read_broker(parse_amqp_url(broker_url), ["count", "nobody"]))
        async with httpx.AsyncClient() as http:
            services = [
                finding
                for name, url in (("gateway", gateway), ("notifier", notifier), ("processor", processor))
                for finding in judge_service(await read_service(http, name, url))
            ]
    assert judge_canary(canary).level is Level.GOOD, canary
    assert {hop.name for hop in canary.hops} == {
        "accepted", "queued", "started", "stage measure", "stage repeat", "completed"
    }  # fmt: skip
    assert wrongs(judge_clocks(canary.clocks())) == []
    assert wrongs(broker) == ["pipeline nobody"]
    assert wrongs(services) == []


async def test_a_pipeline_that_nobody_serves_any_more(
    broker_url: str, blobs: Path, notifier: str, inspect_queue: str
) -> None:
    """Its queue is there, its processor is not: the job waits, and is cancelled when nobody waits for it any more."""
    async with (
        running_gateway(broker_url, blobs.as_uri()) as gateway,
        connect(gateway, events_url=notifier) as stagecast,
    ):
        canary = await send_canary(stagecast, "inspect", seconds=5)
        assert canary.job_id is not None
        state = (await stagecast.job(canary.job_id)).state
    finding = judge_canary(canary)
    assert finding.level is Level.WRONG
    assert "nobody began it" in finding.said
    assert state == "cancelled"
    assert wrongs(judge_broker(await read_broker(parse_amqp_url(broker_url), ["inspect"]))) == ["pipeline inspect"]


async def test_a_pipeline_that_nobody_ever_offered(
    broker_url: str, blobs: Path, notifier: str, inspect_queue: str
) -> None:
    async with (
        running_gateway(broker_url, blobs.as_uri()) as gateway,
        connect(gateway, events_url=notifier) as stagecast,
    ):
        finding = judge_canary(await send_canary(stagecast, "nope", seconds=60))
    assert (finding.level, finding.said) == (Level.WRONG, "no processor offers the pipeline 'nope'")


async def test_a_broker_that_is_away() -> None:
    [finding] = judge_broker(await read_broker(parse_amqp_url(f"amqp://127.0.0.1:{free_port()}/"), ["inspect"]))
    assert (finding.level, finding.check) == (Level.WRONG, "broker")


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    """/proc takes no file, not even from root."""
    assert judge_store(read_store("file:///proc")).level is Level.WRONG
    assert judge_store(read_store((tmp_path / "elsewhere").as_uri())).level is Level.UNSEEN
    assert not (tmp_path / "elsewhere").exists()
    assert judge_store(read_store(tmp_path.as_uri())).level in {Level.GOOD, Level.NOTE}
    assert list(tmp_path.rglob("*.*")) == []


def test_a_shell_with_few_open_files(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        limits = read_limits(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    [finding] = judge_limits(limits)
    assert (finding.check, finding.level) == ("open files: this shell", Level.WRONG)


def test_a_process_with_few_open_files(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    command = ["sh", "-c", "ulimit -n 300; exec sleep 600"]
    with subprocess.Popen(command) as process:
        try:
            (tmp_path / "run" / "notifier.pid").write_text(f"{process.pid}\nhere\n-m notifier")
            while (limits := read_limits(tmp_path))[0].files != 300:
                pass  # it has not set its limit yet
        finally:
            process.kill()
    assert [finding.check for finding in judge_limits(limits)] == ["open files: notifier"]


async def test_what_a_url_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with a certificate of its own making: first nobody trusts it, then we do."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with AsyncExitStack() as stack:
        for protocol, level in (("h2", Level.GOOD), ("http/1.1", Level.NOTE)):
            context.set_alpn_protocols([protocol])
            server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
            await stack.enter_async_context(server)
            url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
            monkeypatch.delenv("SSL_CERT_FILE", raising=False)
            assert judge_http_version(await read_http_version(url), is_here=True).level is Level.WRONG
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            assert judge_http_version(await read_http_version(url), is_here=True).level is level


def make_certificate(folder: Path) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        missing("no openssl on this machine: it makes a certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key
