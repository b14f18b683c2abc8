"""The lab's Atlas in this process, over HTTP, with real servers behind its clusters or with none."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from lab.atlas import credentials
from lab.atlas.fleet import Fleet
from lab.atlas.grants import Login
from lab.atlas.part import AtlasPart
from lab.atlas.world import Cluster, World
from lab.aws.faults import ApiFaults, hang_up
from lab.ca import LocalCa
from lab.settings import Settings

NETWORK = f"127.{120 + os.getpid() % 100}"
"""Of this process: tests run side by side."""
VERSION = "2024-11-13"
"""The newest version of anything here; older resources answer it with their own."""
ACCOUNT = {"grant_type": "client_credentials"}
M10 = {"instanceSize": "M10", "nodeCount": 3}


class NoServer:
    """In place of a server's process: there at once."""

    def __init__(self) -> None:
        self.logins: dict[str, Login] = {}

    def ready(self) -> bool:
        return True

    def give(self, wanted: dict[str, Login]) -> None:
        self.logins = dict(wanted)

    def trouble(self) -> str | None:
        return None


class NoServers:
    def __init__(self) -> None:
        self.servers: dict[str, NoServer] = {}

    def of(self, cluster: Cluster) -> NoServer:
        return self.servers.setdefault(cluster.identity, NoServer())

    def keep(self, identities: set[str]) -> None:
        self.servers = {identity: server for identity, server in self.servers.items() if identity in identities}

    def trouble(self) -> str | None:
        return None

    def stop(self) -> None:
        self.servers = {}


class AtlasLab:
    """`vpc_endpoints` is what the account's EC2 knows: service names by ids."""

    def __init__(self, settings: Settings, fleet: Any) -> None:
        self.settings = settings
        self.vpc_endpoints: dict[str, str] = {}
        self.world = World(settings, lambda: self.vpc_endpoints)
        self._due = threading.Event()
        self.part = AtlasPart(settings, self.world, fleet, self._due.set, ApiFaults.of(settings).take_named, hang_up)
        self._stopping = False
        self._thread = threading.Thread(target=self._run)
        self._http = httpx.Client(base_url=settings.atlas_endpoint, timeout=10)
        self._token = ""

    def start(self) -> None:
        self.part.start()
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._due.set()
        self._thread.join()
        self.part.stop()
        self._http.close()

    def _run(self) -> None:
        while not self._stopping:
            self._due.wait(self.part.tick())
            self._due.clear()

    def token(self, client: str = credentials.CLIENT_ID, secret: str = credentials.CLIENT_SECRET) -> httpx.Response:
        return self._http.post("/api/oauth/token", auth=(client, secret), data=ACCOUNT)

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request below /api/atlas/v2, with what `more` says in place of the usual headers."""
        return self._http.request(method, f"/api/atlas/v2{path}", **more)

    def ask(self, method: str, path: str, body: Any = None, version: str = VERSION, **query: Any) -> httpx.Response:
        self._token = self._token or self.token().json()["access_token"]
        headers = {"Accept": f"application/vnd.atlas.{version}+json", "Authorization": f"Bearer {self._token}"}
        return self.send(method, path, headers=headers, params=query or None, json=body)

    def get(self, path: str) -> Any:
        """What is there, which must be."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def make(self, path: str, body: Any) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def code(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """The status and the errorCode of a request that is refused."""
        answer = self.ask(method, path, body)
        error = answer.json()
        assert error["error"] == answer.status_code
        assert error["detail"]
        assert error["reason"]
        return answer.status_code, error["errorCode"]

    def project(self) -> str:
        """The path of a new project."""
        name = f"project-{len(self.world.projects)}-{time.monotonic_ns()}"
        return f"/groups/{self.make('/groups', {'name': name, 'orgId': credentials.ORGANIZATION})['id']}"

    def until(self, path: str, good: Callable[[Any], bool], patience: float = 20.0) -> Any:
        deadline = time.monotonic() + patience
        while not good(there := self.get(path)):
            assert time.monotonic() < deadline, there
            time.sleep(0.01)
        return there

    def idle(self, path: str) -> Any:
        return self.until(path, lambda cluster: cluster["stateName"] == "IDLE")


def dedicated(name: str = "main", region: str = "EU_WEST_1", **more: Any) -> dict[str, Any]:
    """The request for an M10 cluster."""
    config = {"providerName": "AWS", "regionName": region, "priority": 7, "electableSpecs": M10}
    return {"name": name, "clusterType": "REPLICASET", "replicationSpecs": [{"regionConfigs": [config]}], **more}


def free(name: str = "free", **more: Any) -> dict[str, Any]:
    """The request for an M0 cluster."""
    config = {
        "providerName": "TENANT",
        "backingProviderName": "AWS",
        "regionName": "EU_WEST_1",
        "priority": 7,
        "electableSpecs": {"instanceSize": "M0"},
    }
    return {"name": name, "clusterType": "REPLICASET", "replicationSpecs": [{"regionConfigs": [config]}], **more}


def flex(name: str = "flexible", **more: Any) -> dict[str, Any]:
    return {"name": name, "providerSettings": {"backingProviderName": "AWS", "regionName": "EU_WEST_1"}, **more}


def user(name: str = "app", **more: Any) -> dict[str, Any]:
    roles = [{"roleName": "readWrite", "databaseName": "shop"}]
    return {"username": name, "databaseName": "admin", "password": "p@ss:w/ord1", "roles": roles, **more}


@contextmanager
def atlas_lab(home: Path, *, seconds: float = 0.2, servers: bool = False) -> Iterator[AtlasLab]:
    """An Atlas whose M10 clusters are IDLE after `seconds`; with `servers`, each is a process."""
    settings = Settings(home=home, network=NETWORK, cache=home / "cache", atlas_seconds=seconds)
    authority = LocalCa(settings)
    lab = AtlasLab(settings, Fleet(settings, authority) if servers else NoServers())
    lab.start()
    try:
        yield lab
    finally:
        lab.stop()
        authority.remove()
