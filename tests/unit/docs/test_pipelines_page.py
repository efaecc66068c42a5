"""The worked example of `docs/pipelines.md`, taken from its page and run by the test that the page shows."""

import json
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "pipelines.md"
EXAMPLE = re.compile(r"<!-- example: (\w+)\.py -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Somebody else's service, and what it was told."""
    told: list[Any] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        monkeypatch.setenv("VOCABULARY_HOOK", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield told
        server.shutdown()
        serving.join()


def test_the_worked_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: list[Any]) -> None:
    examples = dict(EXAMPLE.findall(PAGE.read_text(encoding="utf-8")))
    monkeypatch.syspath_prepend(tmp_path)
    for module, code in examples.items():
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        monkeypatch.delitem(sys.modules, module, raising=False)
    namespace: dict[str, Any] = {}
    exec(compile(examples["test_vocabulary"], "test_vocabulary.py", "exec"), namespace)
    (tmp_path / "run").mkdir()
    namespace["test_words_are_counted"](tmp_path / "run")
    assert hook == [{"file": "hamlet.txt", "top": {"to": 2, "be": 2, "or": 1, "not": 1}}]


def test_the_worked_example_is_as_short_as_it_should_be() -> None:
    examples = dict(EXAMPLE.findall(PAGE.read_text(encoding="utf-8")))
    assert len(examples["vocabulary"].splitlines()) <= 30
