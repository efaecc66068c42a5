"""The peer: an upload as FastAPI's documentation shows it, `UploadFile` copied to a file."""

import shutil
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, UploadFile

FOLDER = Path(sys.argv[2])
app = FastAPI()


@app.post("/upload")
def upload(file: UploadFile) -> dict[str, str]:
    with (FOLDER / "copy").open("wb") as copy:
        shutil.copyfileobj(file.file, copy)
    return {"name": file.filename or ""}


@app.get("/readyz")
def ready() -> dict[str, str]:
    return {"status": "ready"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
