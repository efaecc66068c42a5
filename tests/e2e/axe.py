"""What axe-core holds against a page, by the rules of WCAG 2.2 AA and its own."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.ground import missing

AXE = Path(__file__).parents[1] / "npm" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Each broken rule, and where; the page's context must bypass its content security policy to let axe in."""
    if not AXE.exists():
        missing("no axe-core: run `make node`")
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(
        "async (rules) => (await axe.run({ runOnly: rules, resultTypes: ['violations'] })).violations", RULES
    )
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]
