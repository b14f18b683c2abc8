"""Atlas as a part of the lab: the API's endpoint, and what happens to clusters, users and entries as time goes by."""

import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from lab.atlas.api import Api, HangUp, Take
from lab.atlas.calls import CallLog
from lab.atlas.fleet import Fleet
from lab.atlas.grants import logins
from lab.atlas.world import CREATING, DELETING, FLEX, FREE, IDLE, UPDATING, Cluster, Project, World
from lab.listening import listen
from lab.settings import Settings

BUSY, LAZY = 0.05, 1.0
"""Seconds between looks: while a server starts, and while nothing is going on."""


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """The call log has it already."""


class AtlasPart:
    """A lab.part.Part."""

    name = "atlas"

    def __init__(
        self, settings: Settings, world: World, fleet: Fleet, wake: Callable[[], None], take: Take, hang_up: HangUp
    ) -> None:
        self._settings = settings
        self._world = world
        self._fleet = fleet
        self._wake = wake
        self._take = take
        self._hang_up = hang_up
        self._server: BaseWSGIServer | None = None

    def start(self) -> None:
        """Answer from now on. Raises LabError when the address is taken."""
        host, port = self._settings.atlas_address
        with listen(host, port) as listener:
            self._calls = CallLog(self._settings.logs / "atlas-calls.jsonl")
            api = Api(self._world, self._calls, self._wake, self._take, self._hang_up)
            # The server takes a copy of the descriptor: this one would keep the address after its end.
            self._server = make_server(
                host, port, api, threaded=True, request_handler=_QuietHandler, fd=listener.fileno()
            )
        self._thread = threading.Thread(target=self._server.serve_forever, name="atlas", daemon=True)
        self._thread.start()

    def tick(self) -> float:
        with self._world.lock:
            expire(self._world)
            waits = [self._advance(project, cluster) for project, cluster in list(self._world.clusters())]
            self._fleet.keep({cluster.identity for _, cluster in self._world.clusters() if cluster.state != DELETING})
            return max(0.0, min([LAZY, *waits, *pending(self._world)]))

    def trouble(self) -> str | None:
        if self._server is not None and not self._thread.is_alive():
            return "the API's thread has died, see lab.log"
        return self._fleet.trouble()

    def report(self) -> dict[str, Any]:
        """Clusters and users, for `lab status`; no secrets."""
        with self._world.lock:
            projects = list(self._world.projects.values())
            return {
                "clusters": [self._shown(project, cluster) for project, cluster in self._world.clusters()],
                "users": [
                    {"project": project.name, "name": name, "database": database}
                    for project in projects
                    for database, name in project.users
                ],
            }

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._calls.close()
            self._server = None
        self._fleet.stop()

    def _advance(self, project: Project, cluster: Cluster) -> float:
        """Do what is due for a cluster; the seconds until it should be looked at again."""
        now = self._world.clock()
        if cluster.state == DELETING:
            if now >= cluster.due:
                del project.clusters[cluster.name]
            return cluster.due - now
        server = self._fleet.of(cluster)
        if server is None or not server.ready():
            return LAZY if server is None or server.trouble() else BUSY
        server.give(logins(project, cluster, server.logins, now))
        self._world.begin(cluster)
        if cluster.state in (CREATING, UPDATING):
            if now < cluster.due:
                return cluster.due - now
            cluster.state = IDLE
        return LAZY if cluster.begins is None else cluster.begins - now

    def _shown(self, project: Project, cluster: Cluster) -> dict[str, Any]:
        host, port = self._settings.cluster_address(cluster.slot)
        return {
            "project": project.name,
            "name": cluster.name,
            "size": size(cluster),
            "state": cluster.state,
            "address": f"{host}:{port}",
        }


def size(cluster: Cluster) -> str:
    if cluster.kind in (FREE, FLEX):
        return cluster.kind
    electable: dict[str, Any] = cluster.body["replicationSpecs"][0]["regionConfigs"][0]["electableSpecs"]
    return str(electable["instanceSize"])


def expire(world: World) -> None:
    """Remove what has reached its deleteAfterDate, and what has been DELETING for long enough."""
    now = world.clock()
    for project in world.projects.values():
        project.users = {key: user for key, user in project.users.items() if user.ends is None or now < user.ends}
        project.access = {
            block: entry for block, entry in project.access.items() if entry.ends is None or now < entry.ends
        }
        for service in project.services.values():
            kept = service.endpoints.items()
            service.endpoints = {key: item for key, item in kept if not item.deleting or now < item.due}
        services = project.services.items()
        project.services = {key: item for key, item in services if not item.deleting or now < item.due}


def pending(world: World) -> list[float]:
    """How long it is until each user's change and each deletion is to be carried out; seconds."""
    now = world.clock()
    dues = [user.due for project in world.projects.values() for user in project.users.values()]
    for project in world.projects.values():
        for service in project.services.values():
            dues += [service.due] if service.deleting else []
            dues += [endpoint.due for endpoint in service.endpoints.values() if endpoint.deleting]
    return [due - now for due in dues if due > now]
