from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.visitor import Visit, Visitor
from tests.stack import Stack


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Visit]:
    """Another person opens the page; all leave when the test ends."""
    with ExitStack() as leave:

        def arrive(*, script: str = "", **options: Any) -> Visitor:
            context = browser.new_context(**options)
            leave.callback(context.close)
            if script:
                context.add_init_script(script)
            visitor = Visitor(context)
            visitor.open(stack.page_url)
            return visitor

        yield arrive
