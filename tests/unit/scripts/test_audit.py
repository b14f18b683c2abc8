"""scripts/audit: what it says, and with which exit code, when something is found and when nobody answers."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab.settings import CHECKOUT

NOBODY = "http://127.0.0.1:9"
WEAKNESS = "TEST-2026-1"
PACKAGE = "flask"


class Osv(BaseHTTPRequestHandler):
    """A database with one entry: https://google.github.io/osv.dev/api/"""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        weak = [query["package"]["name"] == PACKAGE for query in sent["queries"]]
        self.answer(
            {
                "results": [
                    {"vulns": [{"id": WEAKNESS, "modified": "2026-01-01T00:00:00Z"}]} if one else {} for one in weak
                ]
            }
        )

    def do_GET(self) -> None:
        affected = {"package": {"name": PACKAGE, "ecosystem": "PyPI"}, "versions": []}
        self.answer(
            {"id": WEAKNESS, "modified": "2026-01-01T00:00:00Z", "summary": "It is weak.", "affected": [affected]}
        )

    def answer(self, content: object) -> None:
        text = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def osv() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Osv) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def audit(url: str) -> subprocess.CompletedProcess[str]:
    """Without a package index."""
    alone = {"UV_HTTP_RETRIES": "0", "UV_NO_CACHE": "1", "UV_DEFAULT_INDEX": f"{NOBODY}/simple"}
    command = [CHECKOUT / "scripts" / "audit"]
    environment = {**os.environ, **alone, "OSV_URL": url}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_without_a_network_it_says_what_nothing_is_known_of() -> None:
    done = audit(NOBODY)
    assert done.returncode == 2
    assert "audit: not audited: uv.lock, docker/example/requirements.txt." in done.stderr
    assert f"{NOBODY} and the package index" in done.stderr


def test_a_weakness_is_listed_whatever_else_could_not_be_asked(osv: str) -> None:
    done = audit(osv)
    assert done.returncode == 1
    assert WEAKNESS in done.stdout
    assert "audit: weaknesses in: uv.lock." in done.stderr
    assert "audit: not audited: docker/example/requirements.txt." in done.stderr
