"""`docs/settings.md` names every setting there is, with its default, and no other."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.settings import StackSettings
from contracts.settings import PREFIX, SharedSettings
from gateway.settings import GatewaySettings
from notifier.settings import NotifierSettings
from processor.settings import ProcessorSettings

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
CLASSES = (SharedSettings, GatewaySettings, ProcessorSettings, NotifierSettings, StackSettings)
ROW = re.compile(rf"^\| `({PREFIX}[A-Z_]+)` \| ([^|]*) \|", re.MULTILINE)


def settings(kind: type[SharedSettings]) -> set[str]:
    return {f"{PREFIX}{name.upper()}" for name in kind.model_fields}


def rows() -> dict[str, str]:
    return {name: default.strip().strip("`") for name, default in ROW.findall(PAGE.read_text(encoding="utf-8"))}


def test_every_setting_has_one_row() -> None:
    named = [name for name, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    assert sorted(named) == sorted(set.union(*map(settings, CLASSES)))


def test_no_other_variable_is_named() -> None:
    mentioned = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", PAGE.read_text(encoding="utf-8")))
    assert mentioned <= set.union(*map(settings, CLASSES))


@pytest.mark.parametrize("kind", CLASSES)
def test_defaults_are_as_the_page_says(kind: type[SharedSettings]) -> None:
    """Those that are plain values; what is made on the machine is told in words."""
    shown = rows()
    for name, field in kind.model_fields.items():
        default = field.get_default()
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        if isinstance(default, str | int) and default != "":
            assert shown[f"{PREFIX}{name.upper()}"] == str(default)
