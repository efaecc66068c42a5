import json
import logging

import pytest
import structlog

from contracts.logs import configure_logs


@pytest.fixture(autouse=True)
def restored_logs() -> object:
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_is_one_json_object_with_bound_ids(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("gateway", level="info", format="json")
    log = structlog.get_logger()
    with structlog.contextvars.bound_contextvars(job_id="j"):
        log.info("job.accepted", name="a\nb", size="x" * 5_000)
    [line] = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["service"], told["job_id"], told["name"]) == ("job.accepted", "gateway", "j", "a\nb")
    assert len(told["size"]) < 2_100


def test_libraries_speak_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("gateway", level="info", format="json")
    logging.getLogger("uvicorn.error").info("not shown")
    logging.getLogger("aiormq.connection").warning("not shown either")
    logging.getLogger("asyncio").warning("shown")
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "shown"


def test_a_traceback_keeps_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("gateway", level="info", format="json")
    try:
        raise ValueError("x" * 20_000 + " and so it broke")
    except ValueError:
        structlog.get_logger().exception("attempt.broken", details="y" * 20_000 + " here")
    told = json.loads(capsys.readouterr().err)
    assert told["exception"].endswith("and so it broke")
    assert told["details"].endswith("here")
    assert len(told["exception"]) + len(told["details"]) < 17_000


def test_a_fault_in_a_request_has_a_name_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("gateway", level="info", format="json")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n")
    assert json.loads(capsys.readouterr().err)["event"] == "request.broken"
