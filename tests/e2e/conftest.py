"""Stacks of which each is up for this folder alone, or for one file in it, and people who open the page."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.compose import MAX_UPLOAD_BYTES, Product, running_product
from tests.e2e.visitor import Visit, Visitor
from tests.stack import Stack, free_place, running_stack


@pytest.fixture(scope="package")
def stack(rabbitmq: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack as `make up` starts it, on ports and in a folder of its own."""
    with running_stack(free_place(tmp_path_factory.mktemp("stack"))) as running:
        yield running


@pytest.fixture(scope="package")
def product(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole stack as `docker compose up --build --wait` starts it, under names of its own."""
    settings = {
        "STAGECAST_GATEWAY_MAX_UPLOAD_BYTES": str(MAX_UPLOAD_BYTES),
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
    }
    with running_product(tmp_path_factory.mktemp("compose"), "tests/e2e/compose.yml", **settings) as running:
        yield running


@pytest.fixture
def page_url(stack: Stack) -> str:
    """Where the page is."""
    return stack.page_url


@pytest.fixture
def visit(browser: Browser, page_url: str) -> Iterator[Visit]:
    """Another person opens the page; all leave when the test ends."""
    with ExitStack() as leave:

        def arrive(*, script: str = "", url: str = page_url, **options: Any) -> Visitor:
            context = browser.new_context(**options)
            leave.callback(context.close)
            if script:
                context.add_init_script(script)
            visitor = Visitor(context)
            visitor.open(url)
            return visitor

        yield arrive
