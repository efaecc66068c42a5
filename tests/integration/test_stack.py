"""`python -m cli up` for real: it starts, says what is wrong, survives, and leaves nothing behind."""

import http.client
import os
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.ground import wait_until
from tests.stack import Place, RunnerProcess, free_place, start

SETTLE_SECONDS = 30


@pytest.fixture
def place(tmp_path: Path, broker_url: str) -> Place:
    """A place for a stack that uses the broker of the tests."""
    return free_place(tmp_path / "local", broker_url)


@pytest.fixture
def place_without_broker(tmp_path: Path, rabbitmq: None) -> Place:
    """A place for a stack that starts a broker of its own, in a folder whose name is no plain word."""
    return free_place(tmp_path / "mein Ordner 报告")


@contextmanager
def open_stream(place: Place) -> Iterator[http.client.HTTPResponse]:
    """A client that listens to all events."""
    connection = http.client.HTTPConnection("127.0.0.1", place.notifier, timeout=SETTLE_SECONDS)
    connection.request("GET", "/events")
    with connection.getresponse() as stream:
        assert stream.readline().startswith(b":")
        yield stream
    connection.close()


@contextmanager
def listener_that_says(answer: bytes) -> Iterator[int]:
    """A port with something that answers so to whatever it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(100)
                    client.sendall(answer)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        serving.join(SETTLE_SECONDS)


def refused(runner: RunnerProcess) -> str:
    """The one message of a start that must fail and leave nothing."""
    assert runner.wait() != 0
    assert runner.ready_lines() == []
    assert runner.processes() == {}
    return runner.output


def test_starts_and_ends_in_order_with_an_open_stream_and_again(place_without_broker: Place) -> None:
    place = place_without_broker
    with start(place) as runner:
        runner.wait_ready()
        assert runner.ready_lines() == [f"Stagecast is ready: http://localhost:{place.gateway}"]
        secret = place.folder / "secret"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        made = secret.read_text()
        with open_stream(place) as stream:
            assert runner.end(signal.SIGTERM) == 0
            stream.read()  # the stream has come to its end
        assert runner.processes() == {}
        assert "broker " not in runner.output.partition("stopping")[2]  # whose clients end before it
    with start(place) as runner:
        runner.wait_ready()
        assert secret.read_text() == made
        assert runner.end(signal.SIGINT) == 0
        assert runner.processes() == {}


def test_private_node_listens_on_this_machine_alone(place_without_broker: Place) -> None:
    with start(place_without_broker) as runner:
        runner.wait_ready()
        assert {address for address, _ in listening(runner)} <= {"127.0.0.1", "::1"}
        assert runner.end() == 0


def listening(runner: RunnerProcess) -> set[tuple[str, int]]:
    return {
        (connection.laddr.ip, connection.laddr.port)
        for pid in runner.processes()
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def test_a_second_signal_ends_it_at_once(place: Place) -> None:
    with start(place) as runner:
        runner.wait_ready()
        os.kill(runner.pid_of("gateway") or 0, signal.SIGSTOP)  # it cannot end in order
        runner.process.terminate()
        wait_until(lambda: "stopping" in runner.output, SETTLE_SECONDS)
        assert runner.end(signal.SIGTERM) == 0
        assert runner.processes() == {}


def test_a_service_that_hangs_does_not_keep_the_stack_from_ending(place: Place) -> None:
    with start(place) as runner:
        runner.wait_ready()
        os.kill(runner.pid_of("processor") or 0, signal.SIGSTOP)
        assert runner.end() == 0
        assert runner.processes() == {}


def test_a_killed_processor_is_started_again_and_the_others_go_on(place: Place) -> None:
    with start(place) as runner:
        runner.wait_ready()
        before = {name: runner.pid_of(name) for name in ("gateway", "notifier", "processor")}
        with open_stream(place) as stream:
            os.kill(before["processor"] or 0, signal.SIGKILL)
            wait_until(lambda: processor_is_ready(place) and runner.pid_of("processor"), SETTLE_SECONDS)
            after = {name: runner.pid_of(name) for name in before}
            assert after["processor"] != before["processor"]
            assert (after["gateway"], after["notifier"]) == (before["gateway"], before["notifier"])
            assert not stream.isclosed()
        assert "processor ended with signal 9; starting it again" in runner.output
        assert runner.end() == 0


def processor_is_ready(place: Place) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{place.processor}/readyz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def test_after_a_killed_runner_the_next_start_works(place_without_broker: Place) -> None:
    with start(place_without_broker) as killed:
        killed.wait_ready()
        old = killed.processes()
        killed.process.kill()
        killed.process.wait()
        with start(place_without_broker) as runner:
            runner.wait_ready()
            assert not old.keys() & runner.processes().keys()
            assert runner.end() == 0
            assert runner.processes() == {}


def test_a_folder_serves_one_stack(place: Place, broker_url: str) -> None:
    with start(place) as first:
        first.wait_ready()
        with start(free_place(place.folder, broker_url)) as second:
            assert second.wait() != 0
            assert f"already runs from {place.folder} (process {first.process.pid})" in second.output
            assert first.pid_of("gateway")


def test_a_taken_port_is_said_before_anything_starts(place: Place) -> None:
    with socket.create_server(("127.0.0.1", place.notifier)), start(place) as runner:
        message = refused(runner)
    assert f"cannot listen on 127.0.0.1:{place.notifier}" in message
    assert "STAGECAST_NOTIFIER_PORT" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGECAST_GATEWAY_PORT", "banana"),
        ("STAGECAST_PROCESSOR_PORT", "70000"),
        ("STAGECAST_AMQP_URL", "http://localhost/"),
        ("STAGECAST_AMQP_URL", "amqp://guest:guest@127.0.0.1:banana/"),
        ("STAGECAST_LOG_LEVEL", "loud"),
    ],
)
def test_a_broken_setting_is_named(place: Place, name: str, value: str) -> None:
    with start(place, **{name: value}) as runner:
        message = refused(runner)
    assert message.startswith(f"stagecast: {name}: ")
    assert len(message.splitlines()) == 1


def test_a_setting_that_only_a_service_knows_is_named_once(place: Place) -> None:
    with start(place, STAGECAST_GATEWAY_MAX_FILES="-1") as runner:
        message = refused(runner)
    assert message.count("STAGECAST_GATEWAY_MAX_FILES") == 1
    assert "stagecast: gateway: STAGECAST_GATEWAY_MAX_FILES: " in message


@pytest.mark.parametrize(
    ("credentials", "vhost", "reason"),
    [
        ("guest:wrong", "tests", "refuses user 'guest' or its password"),
        ("guest:guest", "nowhere", "has no vhost 'nowhere' for user 'guest'"),
    ],
)
def test_a_broker_that_refuses_us(place: Place, credentials: str, vhost: str, reason: str) -> None:
    address = place.broker_url.split("@")[1].split("/")[0]
    with start(place, STAGECAST_AMQP_URL=f"amqp://{credentials}@{address}/{vhost}") as runner:
        message = refused(runner)
    assert f"{reason} ({address})" in message
    assert "wrong" not in message


def test_a_broker_elsewhere_that_is_away(place: Place) -> None:
    with start(place, STAGECAST_AMQP_URL="amqp://guest:guest@127.0.0.2:1/") as runner:
        message = refused(runner)
    assert "no broker answers at 127.0.0.2:1" in message
    assert "STAGECAST_AMQP_URL" in message


def test_a_listener_that_is_no_broker(place: Place) -> None:
    with (
        listener_that_says(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port,
        start(place, STAGECAST_AMQP_URL=f"amqp://guest:guest@127.0.0.1:{port}/") as runner,
    ):
        message = refused(runner)
    assert f"what listens there does not speak AMQP 0-9-1 (127.0.0.1:{port})" in message


def test_a_broker_that_does_not_come_up(place_without_broker: Place) -> None:
    data = place_without_broker.folder / "rabbitmq" / "data"
    data.mkdir(parents=True)
    (data / "stagecast-local@localhost").write_text("a file where the node wants a folder")
    with start(place_without_broker) as runner:
        message = refused(runner)
    assert "broker cannot be kept running" in message
