"""Under which names we let ourselves be asked."""

import pytest

from contracts.access.hosts import ANY, is_ours

OURS = ("files.example",)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:8000",
        "localhost.",
        "stagecast.localhost:8000",
        "127.0.0.1:8000",
        "192.168.1.20",
        "10.1.2.3:8000",  # a probe of Kubernetes
        "[::1]:8000",
        "[fd00::2a]",
        "files.example",
        "FILES.example.:443",
    ],
)
def test_addresses_this_machine_and_what_was_named_are_ours(host: str) -> None:
    assert is_ours(host, OURS)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "files.example.evil.example",
        "evil-files.example",
        "files.example@evil.example",
        "sub.files.example",
        "localhost.evil.example",
        "notlocalhost",
        "127.0.0.1.evil.example",
        "127.0.0.1 evil.example",
        "[::1].evil.example",
        "*",
    ],
)
def test_other_names_are_not(host: str) -> None:
    assert not is_ours(host, OURS)
    assert is_ours(host, (ANY,))
