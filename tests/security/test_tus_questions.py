"""Whatever the headers of tus say: an answer that is no 5xx, and no byte but where that upload's bytes belong."""

import asyncio
import base64
import re
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.services import running_gateway

EXAMPLES = 150
CONTENT = b"hello"
VISIBLE = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)
NUMBER = st.one_of(
    st.integers(-2, 12).map(str), st.sampled_from(["9" * 18, "9" * 400, "0x1", "1e3", "+1", "5 5", "\u00b2"]), VISIBLE
)
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.sampled_from(["../../etc/passwd", "/jobs/x", "..", "\0", "a\r\nb", "inspect", "jobs.inspect", "x" * 300]),
)
BASE64 = st.one_of(TEXT.map(lambda text: base64.b64encode(text.encode()).decode()), VISIBLE)
KEY = st.sampled_from(["filename", "name", "pipeline", "progress", "idempotency-key", "filetype", ""]) | VISIBLE
PAIRS = st.lists(st.tuples(KEY, BASE64).map(" ".join), max_size=4).map(",".join)
CHECKSUM = st.tuples(st.sampled_from(["sha1", "sha256", "sha512", "md5", "shake_128", ""]) | VISIBLE, BASE64)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Tus-Resumable": st.sampled_from(["1.0.0"] * 8 + ["0.2.2", ""]),
        "Content-Type": st.sampled_from(["application/offset+octet-stream"] * 4 + ["text/plain"]),
        "Upload-Length": NUMBER,
        "Upload-Offset": st.just("0") | NUMBER,
        "Upload-Defer-Length": st.just("1") | VISIBLE,
        "Upload-Metadata": PAIRS | VISIBLE,
        "Upload-Checksum": CHECKSUM.map(" ".join) | VISIBLE,
        "Upload-Concat": st.sampled_from(["partial", "final;", "final;/files/..", "final;{other}", "final;{own}"])
        | VISIBLE,
        "Idempotency-Key": VISIBLE,
        "X-HTTP-Method-Override": st.sampled_from(["PATCH", "HEAD", "DELETE", "PUT"]),
    },
)
METHODS = st.sampled_from(["PATCH", "PATCH", "POST", "HEAD", "DELETE", "OPTIONS"])
PLACES = st.sampled_from(
    ["{own}", "{own}", "/files", "/files/..%2F..%2Fjobs", "/files/%00", "/files/{x}", "/files/%FF"]
)
FILES = re.compile(
    r"uploads/(?P<upload>[0-9a-f-]{36})/(upload\.json|length|joined|finished|bytes|offset)"
    r"|uploads/clock-[0-9a-f]{32}|jobs/[0-9a-f-]{36}/(source|upload\.json)"
)


class Place:
    """A gateway, and what it has in its folder."""

    def __init__(self, client: httpx.Client, blobs: Path) -> None:
        self.client = client
        self.blobs = blobs
        self.other = self.begin()  # of somebody else: never touched
        self.known = {self.other}

    def begin(self) -> str:
        answer = self.client.post("/files", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "10"})
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    def ask(self, method: str, place: str, headers: dict[str, str]) -> httpx.Response:
        sent = [(name.encode(), value.encode("latin-1").strip()) for name, value in headers.items()]
        return self.client.request(method, place, headers=sent, content=CONTENT if method in {"PATCH", "POST"} else b"")

    def check(self, answer: httpx.Response) -> None:
        """What was said, and where anything lies."""
        told = f"{answer.request.method} {answer.request.url} {dict(answer.request.headers)}: {answer.status_code}"
        assert answer.status_code < 500, told
        if answer.status_code == 201:
            self.known.add(answer.headers["location"])
        assert [path.name for path in self.blobs.parent.iterdir()] == [self.blobs.name], told
        for path in self.blobs.rglob("*"):
            if path.is_file():
                found = FILES.fullmatch(path.relative_to(self.blobs).as_posix())
                assert found is not None, (told, path)
                assert found["upload"] is None or f"/files/{found['upload']}" in self.known, (told, path)
        untouched = self.client.head(self.other, headers={"Tus-Resumable": "1.0.0"})
        assert (untouched.status_code, untouched.headers["upload-offset"]) == (200, "0"), told


def attack(url: str, blobs: Path) -> int:
    """Create, and go on with what there is; gives how many requests were carried out."""
    with httpx.Client(base_url=url, timeout=30) as client:
        place, done = Place(client, blobs), 0

        @given(method=METHODS, where=PLACES, headers=HEADERS)
        @example(method="POST", where="/files", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "5"})
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def check(method: str, where: str, headers: dict[str, Any]) -> None:
            nonlocal done
            own = place.begin()
            place.known.add(own)
            names = {"own": own, "other": place.other, "x": "x" * 5_000}
            concat = headers.get("Upload-Concat")
            if concat in {"final;{other}", "final;{own}"}:
                headers = {**headers, "Upload-Concat": concat.format(**names)}
            answer = place.ask(method, where.format(**names), headers)
            done += answer.is_success
            place.check(answer)
            place.client.delete(own, headers={"Tus-Resumable": "1.0.0"})

        check()
        return done


async def test_no_header_leads_anywhere_else(broker_url: str, blobs: Path, inspect_queue: str) -> None:
    async with running_gateway(broker_url, blobs.as_uri()) as url:
        assert await asyncio.to_thread(attack, url, blobs) > EXAMPLES // 20  # else it would prove nothing
