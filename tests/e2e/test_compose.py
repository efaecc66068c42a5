"""The compose stack: everything behind one origin, as containers, in a real browser."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.compose import SERVICES, Product
from tests.e2e.visitor import WAIT_MS, Visit, text_file, unique
from tests.stack import free_ports

pytestmark = pytest.mark.timeout(400)  # the first test builds the images


@pytest.fixture
def page_url(product: Product) -> str:
    return f"{product.url}/"


def test_two_people_see_every_stage_through_the_edge(visit: Visit) -> None:
    sender, watcher = visit(), visit()
    name = unique("Umsätze 报告.csv")
    sender.choose(text_file(name, "city,people\nUlm,126000\nBonn,331000\n"))
    for person in (sender, watcher):
        person.expect_completed(name)
        assert person.complaints == []
    link = sender.open_job(name).get_by_role("link", name="Open report")
    with sender.context.expect_page() as opened:
        link.click()
    expect(opened.value.get_by_role("heading").first).to_be_visible(timeout=WAIT_MS)


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/docs", "/redoc", "/openapi.json"])
def test_what_is_for_those_who_run_it_is_not_public(product: Product, path: str) -> None:
    assert httpx.get(f"{product.url}{path}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/web/main.js", "/jobs", "/jobs/nothing/artifacts", "/nothing"])
def test_every_answer_has_the_headers_of_the_edge(product: Product, path: str) -> None:
    headers = httpx.get(f"{product.url}{path}").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Server" not in headers


def test_what_is_no_upload_has_a_small_body(product: Product) -> None:
    answer = httpx.post(f"{product.url}/jobs/nothing/cancel", content=b"x" * 100_000)
    assert answer.status_code == 413


def test_the_page_is_compressed(product: Product) -> None:
    answer = httpx.get(f"{product.url}/web/main.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_containers_are_hardened_and_hold_no_secret(product: Product) -> None:
    for service in SERVICES:
        container = product.container(service)
        assert product.inside(container, "id", "-u") == "10001"
        assert container.attrs["HostConfig"]["ReadonlyRootfs"]
        assert container.attrs["HostConfig"]["CapDrop"] == ["ALL"]
        assert container.attrs["HostConfig"]["Memory"] > 0
        assert container.attrs["HostConfig"]["LogConfig"]["Config"]["max-size"]
        assert container.attrs["Config"]["Labels"]["org.opencontainers.image.title"] == f"Stagecast {service}"
        assert not any("amqp://" in value for value in container.attrs["Config"]["Env"])
    password = product.inside(product.container("notifier"), "cat", "/srv/secrets/STAGECAST_AMQP_URL")
    assert "guest" not in password
    users = product.inside(product.container("rabbitmq"), "rabbitmqctl", "-q", "list_users")
    assert "stagecast" in users
    assert "guest" not in users


def test_a_domain_has_https_and_http_2(product: Product, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    http, https = free_ports(2)
    monkeypatch.setenv("STAGECAST_DOMAIN", "localhost")
    monkeypatch.setenv("STAGECAST_HTTP_PORT", f"127.0.0.1:{http}")
    monkeypatch.setenv("STAGECAST_HTTPS_PORT", f"127.0.0.1:{https}")
    product.run("-f", "deploy/compose/https.yml", "up", "--wait", "--no-deps", "edge")
    person = visit(url=f"https://localhost:{https}/", ignore_https_errors=True)
    protocol = person.page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")
    assert protocol == "h2"
    name = unique("safe.txt")
    person.choose(text_file(name))
    person.expect_completed(name)
    assert all(cookie.get("secure") for cookie in person.context.cookies())
    product.up()  # as it was
