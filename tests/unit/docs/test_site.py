"""The documentation as a site, and the interfaces that are written into it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.openapi import document as gateway_document
from notifier.openapi import document as notifier_document

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


@pytest.mark.parametrize(
    ("file", "document"),
    [("gateway.openapi.json", gateway_document()), ("notifier.openapi.json", notifier_document())],
    ids=["gateway", "notifier"],
)
def test_interfaces_are_fresh(file: str, document: dict[str, Any]) -> None:
    assert json.loads((DOCS / file).read_text(encoding="utf-8")) == document, "stale: run `make docs`"


def build(configuration: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(configuration)]
    return subprocess.run([*command, "--site-dir", str(site)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_site_is_whole_and_asks_nothing_of_third_parties(tmp_path: Path) -> None:
    done = build(ROOT / "mkdocs.yml", tmp_path)
    assert done.returncode == 0, done.stderr[-3_000:]
    pages = list(tmp_path.rglob("*.html"))
    assert {page.name for page in DOCS.glob("*.md")} <= {page.with_suffix(".md").name for page in pages}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for asked in ('<script src="http', '<link rel="stylesheet" href="http', "fonts.googleapis", '<img src="http'):
            assert asked not in text, page
