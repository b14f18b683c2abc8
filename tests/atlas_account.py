"""The lab's Atlas in this process: no server, no network, and time that passes only when somebody sleeps."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._atlas.client import Atlas
from ansible_collections.calstack.aws.plugins.module_utils._atlas.credentials import ServiceAccount
from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import tag_list
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from lab.api_faults import ApiFault
from lab.atlas.api import Api
from lab.atlas.calls import Call
from lab.atlas.credentials import CLIENT_ID, CLIENT_SECRET
from lab.atlas.world import CREATING, DELETING, IDLE, UPDATING, Cluster, Project, World
from lab.settings import Settings

NOON = 1784721600.0
SECONDS = 1000.0
"""How long a dedicated cluster takes."""


@dataclass
class AtlasAccount:
    """`faults` are the modes that hit the next calls of an operation, one each; `calls` those of the API so far."""

    calls: list[Call] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    now: float = NOON

    def __post_init__(self) -> None:
        settings = Settings(Path("nowhere"), "127.103", Path("nowhere"), atlas_seconds=SECONDS)
        self.world = World(settings, clock=self.clock)
        self.app = Api(self.world, self, lambda: None, self._take, self._hang_up)  # type: ignore[arg-type]  # its log
        self.api = self.client(CLIENT_SECRET)

    def client(self, secret: str) -> Atlas:
        who = ServiceAccount(CLIENT_ID, secret)
        return Atlas("http://127.103.0.4", who, opener=self.open, clock=self.clock, sleep=self.sleep)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Time passes, and Atlas gets on with its work."""
        self.now += seconds
        for project, cluster in list(self.world.clusters()):
            self.world.begin(cluster)
            if self.now >= cluster.due and cluster.state == DELETING:
                del project.clusters[cluster.name]
            elif self.now >= cluster.due and cluster.state in (CREATING, UPDATING):
                cluster.state = IDLE

    def add(self, call: Call) -> None:
        """The log of calls."""
        self.calls.append(call)

    def writes(self) -> list[str]:
        return [call.operation for call in self.calls if call.writes]

    def project(self, name: str = "calstack-dev") -> Project:
        return next(project for project in self.world.projects.values() if project.name == name)

    def cluster(self, name: str = "calstack-dev") -> Cluster:
        return self.project().clusters[name]

    def open(self, request: Request) -> Response:
        """An opener for the collection's client."""
        url = urlsplit(request.url)
        headers = {key.lower(): value for key, value in request.headers.items()}
        body = request.body or b""
        environ = {
            "REQUEST_METHOD": request.method,
            "RAW_URI": f"{url.path}?{url.query}",
            "QUERY_STRING": url.query,
            "HTTP_HOST": url.netloc,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "CONTENT_TYPE": headers.get("content-type", ""),
            "HTTP_ACCEPT": headers.get("accept", ""),
            "HTTP_AUTHORIZATION": headers.get("authorization", ""),
        }
        told: list[Any] = []
        answer = b"".join(self.app(environ, lambda status, given: told.extend([status, given])))
        return Response(int(told[0].split()[0]), {key.lower(): value for key, value in told[1]}, answer)

    def _take(self, service: str, operation: str) -> ApiFault | None:
        modes = self.faults.get(operation) or []
        return ApiFault(service, operation, operation, modes.pop(0)) if modes else None

    def _hang_up(self, _environ: Any) -> None:
        raise ConnectionResetError


def project_in(account: AtlasAccount, name: str = "calstack-dev", **tags: str) -> str:
    """The id of a new project; its tags in the spelling of the modules' options."""
    project = Project(f"{len(account.world.projects) + 1:024x}", name, "2026-03-14T14:03:12Z")
    project.tags = tag_list(tags)
    account.world.projects[project.identity] = project
    return project.identity


@contextmanager
def served(account: AtlasAccount) -> Iterator[dict[str, str]]:
    """The environment of a module that asks `account`, over loopback."""
    server = make_server("127.0.0.1", 0, account.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield {
            "MONGODB_ATLAS_BASE_URL": f"http://127.0.0.1:{server.server_port}",
            "MONGODB_ATLAS_CLIENT_ID": CLIENT_ID,
            "MONGODB_ATLAS_CLIENT_SECRET": CLIENT_SECRET,
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """The account has its own log."""
