"""What is answered and what is logged when a request comes to nothing."""

import httpx
from fastapi import FastAPI
from structlog.testing import capture_logs

from gateway.errors import SenderGoneError
from gateway.problems import install_problems


async def test_an_upload_that_was_broken_off_is_logged_without_its_files_name() -> None:
    app = FastAPI()
    install_problems(app)

    @app.put("/upload/{name:path}")
    async def upload(name: str) -> None:
        raise SenderGoneError

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        with capture_logs() as lines:
            await client.put("/upload/payslip.pdf")
    assert [(line["event"], line["route"]) for line in lines] == [("upload.abandoned", "/upload/{name:path}")]
    assert "payslip" not in str(lines)
