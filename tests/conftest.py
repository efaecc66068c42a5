"""What the tests stand on: a real broker, a real browser."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from cli.broker_files import find_programs
from cli.errors import CannotStartError
from tests.containers import broker_container, engine_fault
from tests.ground import missing
from tests.stack import running_broker

hypothesis.settings.register_profile("here", deadline=None)  # a busy machine is no fault of what is tested
hypothesis.settings.load_profile("here")

ORDER = ("unit", "integration", "e2e", "faults")  # what is quick to say why comes first
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the broker of the integration tests comes from."""
    parser.addoption(
        "--broker",
        choices=("any", "container", "local"),
        default="any",
        help="a RabbitMQ 4 container, or a node of the installed RabbitMQ; any: a container where there is Docker",
    )
    parser.addoption("--only-with-broker", action="store_true", help="leave out what has nothing to do with --broker")
    parser.addoption("--without-containers", action="store_true", help="leave out what needs a Docker engine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Unit tests first, then integration, end-to-end and faults; without those that the options leave out."""
    here = Path(__file__).parent
    left_out = [item for item in items if is_left_out(config, getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return ORDER.index(folder) if folder in ORDER else len(ORDER)

    items.sort(key=place)


def is_left_out(config: pytest.Config, fixtures: Iterable[str]) -> bool:
    """A test, by what it stands on."""
    return (config.getoption("--only-with-broker") and "broker_url" not in fixtures) or (
        config.getoption("--without-containers") and "engine" in fixtures
    )


@pytest.fixture(scope="session")
def rabbitmq() -> None:
    """RabbitMQ is installed."""
    try:
        find_programs()
    except CannotStartError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine answers."""
    if fault := engine_fault():
        missing(fault)


@pytest.fixture(scope="session")
def broker_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of the tests' own, with a vhost of its own: a container, or a private node of what is installed here."""
    if request.config.getoption("--broker") == "container" or (
        request.config.getoption("--broker") == "any" and engine_fault() is None
    ):
        request.getfixturevalue("engine")
        with broker_container("tests") as url:
            yield url
    else:
        request.getfixturevalue("rabbitmq")
        with running_broker(tmp_path_factory.mktemp("broker"), "tests") as url:
            yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Not for the session: Playwright's event loop would stay in the way of later async tests."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing("no chromium on this machine: install it for the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
