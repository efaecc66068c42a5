"""Firefox, by the protocol that it speaks itself: Marionette, WebDriver's commands as JSON over TCP."""

import base64
import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ground import wait_until
from tests.stack import free_ports

START_SECONDS = 60
ANSWER_SECONDS = 60
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of a reference, as WebDriver says
PREFERENCES = {
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "en",
    "network.captive-portal-service.enabled": False,
}


class Firefox:
    """One window at a time is spoken to; the first is there from the beginning."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = connection.makefile("rb")
        self._number = 0
        self._read()  # its greeting
        self._ask("WebDriver:NewSession")
        self._ask("WebDriver:SetTimeouts", script=ANSWER_SECONDS * 1_000)

    def go(self, url: str) -> None:
        self._ask("WebDriver:Navigate", url=url)

    def reload(self) -> None:
        self._ask("WebDriver:Refresh")

    def new_tab(self) -> str:
        """Where the next commands go."""
        handle: str = self._ask("WebDriver:NewWindow", type="tab")["handle"]
        self.switch(handle)
        return handle

    def tab(self) -> str:
        handle: str = self._ask("WebDriver:GetWindowHandle")["value"]
        return handle

    def switch(self, handle: str) -> None:
        self._ask("WebDriver:SwitchToWindow", handle=handle)

    def run(self, body: str, *values: Any) -> Any:
        """What a function of this body returns; `arguments` has the values."""
        return self._ask("WebDriver:ExecuteScript", script=body, args=list(values))["value"]

    def choose(self, selector: str, file: Path) -> None:
        """Put a file into an input."""
        self._ask("WebDriver:ElementSendKeys", id=self._find(selector), text=str(file))

    def click(self, selector: str) -> None:
        self._ask("WebDriver:ElementClick", id=self._find(selector))

    def screenshot(self) -> bytes:
        """As PNG."""
        return base64.b64decode(self._ask("WebDriver:TakeScreenshot", full=False)["value"])

    def _find(self, selector: str) -> str:
        found: str = self._ask("WebDriver:FindElement", using="css selector", value=selector)["value"][ELEMENT]
        return found

    def _ask(self, command: str, **parameters: Any) -> Any:
        self._number += 1
        question = json.dumps([0, self._number, command, parameters]).encode()
        self._connection.sendall(b"%d:%s" % (len(question), question))
        _, _, error, answer = self._read()
        assert error is None, f"{command}: {error['error']}: {error['message']}"
        return answer

    def _read(self) -> Any:
        length = b""
        while (byte := self._answers.read(1)) != b":":
            assert byte, "Firefox hung up"
            length += byte
        return json.loads(self._answers.read(int(length)))


@contextmanager
def running_firefox(command: str, folder: Path) -> Iterator[Firefox]:
    """With a profile of its own in the folder, without a window that anybody sees."""
    (port,) = free_ports(1)
    preferences = {**PREFERENCES, "marionette.port": port}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items())
    (folder / "user.js").write_text("".join(lines))
    arguments = (command, "--headless", "--no-remote", "--marionette", "--profile", str(folder))
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with _connected(port) as connection:
                yield Firefox(connection)
        finally:
            process.terminate()


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    """Once it listens."""
    connections: list[socket.socket] = []

    def connect() -> bool:
        try:
            connections.append(socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS))
        except ConnectionRefusedError:
            return False
        return True

    wait_until(connect, START_SECONDS, what="Firefox")
    with connections[0] as connection:
        yield connection
