"""The pages of a home, served on this machine."""

from __future__ import annotations

import http.client
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from orchestration.returns_page.app import make_app
from orchestration.returns_page.tokens import make_token
from tests.ingestion.sources.nights import Nights
from tests.ingestion.sources.test_returns import BUSINESS, SESSION, _write

REGISTER = (
    "partner_code,name,cluster_key,activity_starts_on,eventbrite_organization_id\n"
    "CB01,A body,,2023-04-01,\nCB02,Another body,,2023-04-01,\n"
)


@dataclass
class Answered:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()


class Visitor:
    """Somebody who asks the page; keeps the cookie."""

    def __init__(self, port):
        self.port, self.cookie = port, ""

    def ask(self, method, path, body=b"", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {"Cookie": self.cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, body, given)
        answer = connection.getresponse()
        found = Answered(answer.status, dict(answer.getheaders()), answer.read())
        if "set-cookie" in found.headers:
            self.cookie = found.headers["set-cookie"].partition(";")[0]
        return found

    def send(self, path, **fields):
        """Send a form; a file is a pair of name and content."""
        border = uuid.uuid4().hex
        body = b""
        for name, value in fields.items():
            file, content = value if isinstance(value, tuple) else (None, value.encode())
            named = f'; filename="{file}"' if file is not None else ""
            body += f'--{border}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content
            body += b"\r\n"
        return self.ask(
            "POST", path, body + f"--{border}--\r\n".encode(), Content_Type=f"multipart/form-data; boundary={border}"
        )

    def sign_in(self, token):
        return self.send("/sign-in", token=token)

    def check(self, path: Path, name=None):
        """Drop a workbook; the address of its answer."""
        dropped = self.send("/check", workbook=(name or path.name, path.read_bytes()))
        assert dropped.status == 303, dropped.text
        return dropped.headers["location"]


@pytest.fixture
def home(tmp_path):
    """A home that has read a partners register."""
    folder = tmp_path / "home"
    (folder / "inbox" / "registers").mkdir(parents=True)
    (folder / "inbox" / "registers" / "partners.csv").write_text(REGISTER, encoding="utf-8")
    Nights("registers", folder, {}, {}).good_night(0)
    return folder


@pytest.fixture
def serve(home):
    """Serve the pages of the home: `serve(signs_in=True)` gives what makes visitors."""
    servers = []

    def serve(**how):
        listening = socket.create_server(("127.0.0.1", 0))
        app = make_app(home, hosts=["127.0.0.1", "localhost"], **{"signs_in": False, **how})
        server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning"))
        threading.Thread(target=server.run, args=([listening],), daemon=True).start()
        servers.append(server)
        until = time.monotonic() + 30
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        return listening.getsockname()[1]

    yield serve
    for server in servers:
        server.should_exit = True


@pytest.fixture
def tokens(home):
    """The tokens of two bodies."""
    return {body: make_token(home, body) for body in ("CB01", "CB02")}


@pytest.fixture
def filled(tmp_path):
    """A workbook with a wrong row and an odd one."""
    rows = {
        "BUSINESSES": [{**BUSINESS, "Postcode": "Birmingham"}],
        "SUPPORT": [SESSION, {**SESSION, "Session ref": "S2", "Hours": "two"}],
    }
    return _write(tmp_path / "CB01 return.xlsx", rows=rows)
