"""What the lab's Atlas knows. Hold `World.lock` around every touch: requests and the daemon's ticks share it."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lab.atlas import errors
from lab.settings import CLUSTERS, Settings

FREE, FLEX, DEDICATED = "M0", "FLEX", "DEDICATED"
CREATING, IDLE, UPDATING, DELETING = "CREATING", "IDLE", "UPDATING", "DELETING"

SHARES = {
    "dedicated": 1.0,
    "shared": 0.25,
    "update": 0.5,
    "begin": 0.25,
    "delete": 0.25,
    "user": 0.1,
    "access": 0.25,
    "service": 0.5,
    "endpoint": 0.5,
}
"""Of LAB_ATLAS_SECONDS: how long each thing takes. Atlas's own shares are much less even."""

Body = dict[str, Any]


def new_id() -> str:
    """As Atlas's: 24 hexadecimal digits."""
    return secrets.token_hex(12)


def stamp(seconds: float) -> str:
    """The time as Atlas writes it; `seconds` since the epoch."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def instant(text: object) -> float:
    """Seconds since the epoch for what `stamp` writes. Raises RefusedError."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        raise errors.invalid("deleteAfterDate", "It is an ISO 8601 time in UTC.") from None


@dataclass
class Cluster:
    """`body` is what Atlas answers, but for what changes by itself; `due` is when the state is over, by the clock."""

    identity: str
    name: str
    kind: str
    slot: int
    body: Body
    state: str = CREATING
    due: float = 0.0
    schedule: Body | None = None
    begins: float | None = None
    """When it is UPDATING, where it is not at once."""


@dataclass
class User:
    body: Body
    password: str | None = field(repr=False, default=None)
    due: float = 0.0
    """When the clusters know of what was asked for last."""
    ends: float | None = None
    """When Atlas deletes it, in seconds since the epoch."""

    @property
    def key(self) -> tuple[str, str]:
        return self.body["databaseName"], self.body["username"]


@dataclass
class Entry:
    """Of the access list, by its CIDR block."""

    body: Body
    due: float
    doomed: bool = False
    ends: float | None = None

    def status(self, now: float) -> str:
        if now < self.due:
            return "PENDING"
        return "FAILED" if self.doomed else "ACTIVE"


@dataclass
class Endpoint:
    """The other side of a VPC endpoint. `due` is the end of its state; `rejected` is why it will not be AVAILABLE."""

    identity: str
    due: float
    rejected: str | None = None
    deleting: bool = False


@dataclass
class Service:
    identity: str
    region: str
    """As Atlas writes it: EU_WEST_1."""
    due: float
    doomed: bool = False
    deleting: bool = False
    endpoints: dict[str, Endpoint] = field(default_factory=dict)


@dataclass
class Project:
    identity: str
    name: str
    created: str
    tags: list[dict[str, str]] = field(default_factory=list)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    users: dict[tuple[str, str], User] = field(default_factory=dict)
    access: dict[str, Entry] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    maintenance: Body | None = None


class World:
    """`vpc_endpoints` gives the account's VPC endpoints: the service name of each, by its id."""

    def __init__(
        self,
        settings: Settings,
        vpc_endpoints: Callable[[], Mapping[str, str]] = dict,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.vpc_endpoints = vpc_endpoints
        self.clock = clock
        self.lock = threading.RLock()
        self.projects: dict[str, Project] = {}

    def after(self, share: str) -> float:
        """When what begins now and takes this share is over."""
        return self.clock() + self.settings.atlas_seconds * SHARES[share]

    def change(self, cluster: Cluster, share: str, *, late: bool) -> None:
        """The cluster is UPDATING from now on, or in a while; the share is how long that takes."""
        if late:
            cluster.begins, cluster.due = self.after("begin"), self.after("begin") + self.after(share) - self.clock()
        else:
            cluster.state, cluster.due = UPDATING, self.after(share)

    def begin(self, cluster: Cluster) -> None:
        """What was to begin later begins, when it is time."""
        if cluster.begins is not None and self.clock() >= cluster.begins:
            cluster.state, cluster.begins = UPDATING, None

    def project(self, identity: str) -> Project:
        """Raises RefusedError."""
        if identity not in self.projects:
            raise errors.no_such_project(identity)
        return self.projects[identity]

    def clusters(self) -> Iterator[tuple[Project, Cluster]]:
        for project in self.projects.values():
            for cluster in project.clusters.values():
                yield project, cluster

    def free_slot(self) -> int:
        """The first address no cluster has. Raises RefusedError."""
        taken = {cluster.slot for _, cluster in self.clusters()}
        for slot in range(CLUSTERS):
            if slot not in taken:
                return slot
        raise errors.RefusedError(403, "MAX_CLUSTERS_EXCEEDED", f"The lab has addresses for {CLUSTERS} clusters only.")
