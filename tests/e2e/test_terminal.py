"""`stagecast …` against the whole stack: on a real terminal, and as scripts call it."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cutting import cutting
from tests.ground import wait_until
from tests.stack import PROJECT, Place, Stack, clean_environment, free_place, running_stack
from tests.terminal import CTRL_C, on_terminal

PIPELINES = ",".join(f"tests.pipelines:{name}" for name in ("steps", "trouble", "naps"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return free_place(tmp_path_factory.mktemp("terminal"))


@pytest.fixture(scope="module")
def stack(rabbitmq: None, place: Place) -> Iterator[Stack]:
    """With pipelines whose stages wait for what a test lets them do."""
    with running_stack(place, STAGECAST_PROCESSOR_PIPELINES=f"inspect,{PIPELINES}") as running:
        yield running


@pytest.fixture
def environment(stack: Stack, tmp_path: Path) -> dict[str, str]:
    """As a user has it: where it is, and a home of their own."""
    return {
        "STAGECAST_URL": stack.gateway_url,
        "STAGECAST_EVENTS_URL": stack.notifier_url,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PYTHONPATH": str(PROJECT),
    }


@pytest.fixture
def blobs(stack: Stack) -> Path:
    return stack.runner.folder / "blobs"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "报告.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    return path


def run(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    """Without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *map(str, arguments)],
        cwd=PROJECT,
        env={**clean_environment(), **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def wake(blobs: Path, job_id: str) -> None:
    artifacts = blobs / "jobs" / job_id / "artifacts"
    artifacts.mkdir(exist_ok=True)
    (artifacts / "awake").touch()


def only_job(blobs: Path, environment: dict[str, str], name: str) -> str:
    [line] = run(environment, "jobs", "--name", name, "--json").stdout.splitlines()
    return str(json.loads(line)["job"]["id"])


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_send_shows_its_bar_then_every_stage_and_ends_with_0(
    environment: dict[str, str], small: Path, columns: int
) -> None:
    with on_terminal("send", "--follow", str(small), environment=environment, columns=columns) as terminal:
        terminal.until(f"{small.name} ", "8 bytes, accepted")
        assert terminal.end() == 0
        assert "completed in" in terminal.text
        for name in ("checksum", "identify", "analyse", "compress", "report"):
            [line] = [line for line in terminal.lines if f" {name} " in line]
            assert "✓" in line
            assert "100 %" in line
        assert "Traceback" not in terminal.text


def test_a_stage_is_seen_while_it_runs(environment: dict[str, str], blobs: Path, tmp_path: Path) -> None:
    path = tmp_path / "sleeper.txt"
    path.write_text("x")
    with on_terminal("send", "-f", "-p", "naps", str(path), environment=environment) as terminal:
        terminal.until("▸ nap", "running 0 %")
        wake(blobs, only_job(blobs, environment, "sleeper"))
        terminal.until("✓ nap")
        assert terminal.end() == 0


def test_ctrl_c_leaves_the_job_alone_and_says_how_to_see_it_again(
    environment: dict[str, str], blobs: Path, tmp_path: Path
) -> None:
    path = tmp_path / "goes on.txt"
    path.write_text("x")
    with on_terminal("send", "-f", "-p", "naps", str(path), environment=environment) as terminal:
        terminal.until("▸ nap")
        terminal.press(CTRL_C)
        assert terminal.end() == 130
        assert "the work goes on; to see it again: stagecast watch" in terminal.text
        assert "Traceback" not in terminal.text
        assert not terminal.screen.cursor.hidden
    job_id = only_job(blobs, environment, "goes on")
    wake(blobs, job_id)
    assert run(environment, "watch", job_id[:18]).returncode == 0


def test_ctrl_c_in_the_middle_of_an_upload(environment: dict[str, str], tmp_path: Path) -> None:
    """To a server that takes nothing."""
    path = tmp_path / "endless.bin"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)
    with socket.create_server(("127.0.0.1", 0)) as server:
        elsewhere = {**environment, "STAGECAST_URL": f"http://127.0.0.1:{server.getsockname()[1]}"}
        with on_terminal("send", str(path), environment=elsewhere) as terminal:
            terminal.until("endless.bin", "of 1.0 GB")
            terminal.press(CTRL_C)
            assert terminal.end() == 130
            assert "endless.bin: broken off, and not sent" in terminal.text
            assert "Traceback" not in terminal.text
            assert not terminal.screen.cursor.hidden


def test_ctrl_c_says_how_to_go_on_with_a_big_file(environment: dict[str, str], place: Place, tmp_path: Path) -> None:
    path = tmp_path / "my film.mov"
    path.write_bytes(bytes(40_000_000))
    with cutting("127.0.0.1", place.gateway, [20_000_000], swallows=True) as (url, cutter):
        elsewhere = {**environment, "STAGECAST_URL": url}
        with on_terminal("send", str(path), environment=elsewhere, columns=200) as terminal:
            terminal.until("my film.mov", "100 % of 40.0 MB")
            terminal.press(CTRL_C)
            assert terminal.end() == 130
            words = f"my film.mov: broken off, and not sent; to go on where it was: stagecast send '{path}'"
            assert words in terminal.text
        again = run(elsewhere, "send", path)
        assert (again.returncode, len(again.stdout.splitlines()), again.stderr) == (0, 1, "")
        assert cutter.sent < 60_000_000


def test_watch_shows_all_jobs_as_they_change(environment: dict[str, str], blobs: Path, tmp_path: Path) -> None:
    for number in range(4):  # more than are shown with all their stages
        path = tmp_path / f"nap {number}.txt"
        path.write_text("x")
        run(environment, "send", "-p", "naps", path)
    try:
        with on_terminal("watch", environment=environment, rows=12) as terminal:
            terminal.until("nap 3.txt", "running", "1/1 nap")
            wake(blobs, only_job(blobs, environment, "nap 0"))
            terminal.until("completed")
            terminal.press(CTRL_C)
            assert terminal.end() == 130
            assert not terminal.screen.cursor.hidden
    finally:
        for number in range(4):
            wake(blobs, only_job(blobs, environment, f"nap {number}"))


def test_scripts_get_ids_lines_and_codes(environment: dict[str, str], small: Path, tmp_path: Path) -> None:
    sent = run(environment, "send", small, "--follow")
    job_id = sent.stdout.strip()
    assert sent.returncode == 0
    assert f"{small.name}: stage 5/5 report: end" in sent.stderr
    assert sent.stderr.splitlines()[-1].startswith(f"{small.name}: finished after")
    watched = run(environment, "watch", job_id, "--json")
    assert json.loads(watched.stdout.splitlines()[-1])["state"] == "completed"
    trouble = tmp_path / "trouble.txt"
    trouble.write_text("permanent")
    failed = run(environment, "send", trouble, "-p", "trouble", "-f")
    assert failed.returncode == 3
    assert "failed: this file is beyond repair" in failed.stderr.replace("PermanentFailure: ", "")


def test_what_a_job_made_is_fetched(environment: dict[str, str], small: Path, tmp_path: Path) -> None:
    job_id = run(environment, "send", small, "-f").stdout.strip()
    listed = run(environment, "get", job_id[-12:]).stdout
    assert "checksums.json" in listed
    fetched = run(environment, "get", job_id, "checksums.json", "-o", tmp_path)
    assert fetched.returncode == 0
    content = (tmp_path / "checksums.json").read_text()
    assert run(environment, "get", job_id, "checksums.json", "-o", "-").stdout == content
    assert not list(tmp_path.glob("*.part"))


def test_mine_is_what_this_account_sent(environment: dict[str, str], small: Path, tmp_path: Path) -> None:
    job_id = run(environment, "send", small).stdout.strip()
    mine = [json.loads(line)["job"]["id"] for line in run(environment, "jobs", "--mine", "--json").stdout.splitlines()]
    assert mine == [job_id]
    other = {**environment, "XDG_STATE_HOME": str(tmp_path / "other")}
    refused = run(other, "jobs", "--mine")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "nothing was sent from this account yet" in refused.stderr


def test_the_doctor_finds_nothing_where_all_is_well(environment: dict[str, str], stack: Stack, place: Place) -> None:
    here = {**environment, **place.environment()}
    told = run(here, "doctor", stack.gateway_url, "--listen", 17, "--json")
    report = json.loads(told.stdout)
    assert [finding for finding in report["findings"] if finding["level"] == "wrong"] == []
    assert (told.returncode, report["sound"]) == (0, True)
    assert report["hops"][-1]["hop"] == "completed"
    checks = {finding["check"] for finding in report["findings"] if finding["level"] == "good"}
    assert {"gateway", "notifier", "processor", "blob store", "stream", "clocks", "canary"} <= checks
    assert {"broker alarms", "acknowledgement timeout", "pipeline inspect"} <= checks


def test_the_doctor_says_on_a_terminal_what_is_wrong(environment: dict[str, str], place: Place) -> None:
    here = {**environment, **place.environment()}
    arguments = ("doctor", "--listen", "17", "-p", "inspect", "-p", "nobody")
    with on_terminal(*arguments, environment=here, rows=70) as terminal:
        assert terminal.end() == 1
        assert "✗ pipeline nobody" in terminal.text
        assert "→ start a processor that offers it" in terminal.text
        assert terminal.lines[-1] == "1 thing is wrong: see ✗"


def test_a_job_is_cancelled_and_tried_again(environment: dict[str, str], blobs: Path, tmp_path: Path) -> None:
    path = tmp_path / "doomed.txt"
    path.write_text("x")
    job_id = run(environment, "send", path, "-p", "naps").stdout.strip()
    assert "doomed.txt cancelled" in run(environment, "cancel", job_id).stdout
    assert run(environment, "watch", job_id).returncode == 4
    assert "queued again" in run(environment, "retry", job_id).stdout
    wake(blobs, job_id)

    def is_completed() -> bool:
        return job_id in run(environment, "jobs", "--state", "completed", "--json").stdout

    wait_until(is_completed, 60, what="the end of the second attempt")
    refused = run(environment, "retry", job_id)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "only a failed or cancelled job can be tried again" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["watch", "zzzz"], 1, "is no job's id: `stagecast jobs` shows them"),
        (["watch", "ffffffff"], 1, "no job's id begins or ends with ffffffff"),
        (["send", "/nowhere"], 2, "does not exist"),
        (["send", "-p", "nope", __file__], 1, "no processor offers the pipeline 'nope'"),
        (["jobs", "--url", "http://127.0.0.1:9", "--events-url", ""], 1, "start it (`stagecast up`)"),
        (["jobs", "--url", "localhost:8000"], 1, "write it as http://localhost:8000"),
        (["get", "01a20bbc-322f-705e-8f23-50c7105c12ff"], 1, "no such job was accepted here"),
    ],
)
def test_errors_name_the_next_step(environment: dict[str, str], arguments: list[str], code: int, words: str) -> None:
    ended = run(environment, *arguments)
    assert ended.returncode == code
    assert words in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("size", [7, 9_000_000])
def test_where_no_gateway_is_that_is_said(environment: dict[str, str], tmp_path: Path, size: int) -> None:
    path = tmp_path / "lost.bin"
    path.write_bytes(bytes(size))
    notifier = environment["STAGECAST_EVENTS_URL"]
    ended = run({**environment, "STAGECAST_URL": notifier}, "send", path)
    assert ended.returncode == 1
    assert f"lost.bin: {notifier} takes no files: say where the gateway is" in ended.stderr


def test_a_gateway_at_another_port_is_found_by_its_setting(environment: dict[str, str], place: Place) -> None:
    ports = {"STAGECAST_GATEWAY_PORT": str(place.gateway), "STAGECAST_NOTIFIER_PORT": str(place.notifier)}
    ended = run({"XDG_STATE_HOME": environment["XDG_STATE_HOME"], **ports}, "jobs")
    assert ended.returncode == 0, ended.stderr


def test_ctrl_c_while_modules_are_loaded_is_silent(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("print('loading', flush=True)\nimport time\ntime.sleep(60)\n")
    with on_terminal("jobs", environment={"PYTHONPATH": str(tmp_path)}) as terminal:
        terminal.until("loading")
        terminal.press(CTRL_C)
        assert terminal.end() == -signal.SIGINT
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_each_shell(environment: dict[str, str], shell: str) -> None:
    assert "_STAGECAST_COMPLETE" in completed(environment, f"source_{shell}")


def test_the_shell_offers_jobs(environment: dict[str, str], small: Path) -> None:
    job_id = run(environment, "send", small).stdout.strip()
    words = {"COMP_WORDS": f"stagecast watch {job_id[:20]}", "COMP_CWORD": "2"}
    assert completed({**environment, **words}, "complete_bash").split() == [job_id]
    shown = {"COMP_WORDS": f"stagecast watch {job_id[-12:-4]}", "COMP_CWORD": "2"}
    assert completed({**environment, **shown}, "complete_bash").split() == [job_id[-12:]]
    away = {"STAGECAST_URL": "http://127.0.0.1:9", "STAGECAST_EVENTS_URL": "http://127.0.0.1:9"}
    assert completed({**environment, **words, **away}, "complete_bash").strip() == ""


def completed(environment: dict[str, str], instruction: str) -> str:
    """What the program tells a shell that completes."""
    told = subprocess.run(
        [sys.executable, "-m", "cli"],
        env={**clean_environment(), **environment, "_STAGECAST_COMPLETE": instruction},
        check=False,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in told.stderr
    return told.stdout
