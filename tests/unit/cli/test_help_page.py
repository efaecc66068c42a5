"""What `--help` says, in a narrow terminal too."""

import re

import pytest
from typer.main import get_command

from cli.app import app
from cli.help_page import made_plain

COMMANDS = ["", "send", "watch", "jobs", "get", "cancel", "retry", "doctor", "up", "dead", "dead drop"]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_type_stands_where_none_is_asked_for(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    made_plain(get_command(app))([*name.split(), "-h"], prog_name="stagecast", standalone_mode=False)
    said = capsys.readouterr().out
    assert said.lstrip().startswith(f"Usage: stagecast {name}".rstrip())
    assert "--help" in said
    assert re.search(r"<\w", said) is None
    assert max(map(len, said.splitlines())) <= 60


def test_paragraphs_are_as_wide_as_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    made_plain(get_command(app))(["send", "--help"], prog_name="stagecast", standalone_mode=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "With --follow the exit code says how the jobs ended: 0 completed, 3 failed, 4 cancelled" in said
    assert "--follow -f Stay, and show every stage live." in said
    assert "--pipeline -p NAME Which stages to run." in said
