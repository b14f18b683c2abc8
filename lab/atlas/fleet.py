"""The servers behind the clusters: a process each, with the users it should have. In the daemon's thread only."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lab.atlas.connection import replica_set
from lab.atlas.grants import Changes, Login, changes
from lab.atlas.world import Cluster
from lab.ca import LocalCa, certificate_file
from lab.database import Account, DatabaseProcess, First
from lab.part import LabError
from lab.settings import Settings

log = logging.getLogger(__name__)

ADMIN = First("lab-atlas", "root", "admin")
"""Who makes the users on a server; nobody else knows the password."""
PATIENCE_MS = 3000
MISSING, THERE = 11, 51003
"""MongoDB's UserNotFound and the code of a user who is there already."""

Apply = Callable[[Settings, Account, Changes], None]


class Server:
    def __init__(self, settings: Settings, authority: LocalCa, cluster: Cluster, apply: Apply) -> None:
        self._settings = settings
        self._process = DatabaseProcess(
            settings, authority, f"cluster-{cluster.name}", settings.run / "atlas" / cluster.identity
        )
        private, _ = settings.private_address(cluster.slot)
        address = settings.cluster_address(cluster.slot)
        self._account = self._process.launch(address, ADMIN, replica_set(cluster), private)
        self._apply = apply
        self._ready = False
        self.logins: dict[str, Login] = {}

    def ready(self) -> bool:
        self._ready = self._ready or self._process.serves()
        return self._ready

    def give(self, wanted: dict[str, Login]) -> None:
        """Let exactly these users in."""
        todo = changes(self.logins, wanted)
        if todo:
            self._apply(self._settings, self._account, todo)
            self.logins = dict(wanted)

    def trouble(self) -> str | None:
        return self._process.trouble()

    def stop(self) -> None:
        self._process.stop()


class Fleet:
    """The servers by the identities of their clusters."""

    def __init__(self, settings: Settings, authority: LocalCa, apply: Apply | None = None) -> None:
        self._settings = settings
        self._authority = authority
        self._apply = apply or apply_changes
        self._servers: dict[str, Server] = {}
        self._failed: dict[str, str] = {}

    def of(self, cluster: Cluster) -> Server | None:
        """The server of a cluster, started when there is none yet; None while it cannot be."""
        if cluster.identity not in self._servers:
            try:
                server = Server(self._settings, self._authority, cluster, self._apply)
            except LabError as error:
                self._failed[cluster.identity] = f"cluster {cluster.name}: {error}"
                return None
            self._failed.pop(cluster.identity, None)
            self._servers[cluster.identity] = server
        return self._servers[cluster.identity]

    def keep(self, identities: set[str]) -> None:
        """Stop the servers of other clusters."""
        for identity in set(self._servers) - identities:
            self._servers.pop(identity).stop()
        self._failed = {identity: why for identity, why in self._failed.items() if identity in identities}

    def trouble(self) -> str | None:
        troubles = [*self._failed.values(), *filter(None, (server.trouble() for server in self._servers.values()))]
        return "; ".join(troubles) or None

    def stop(self) -> None:
        self.keep(set())


def apply_changes(settings: Settings, account: Account, todo: Changes) -> None:
    """Make, change and drop users on a server. What an interrupted attempt has done already is no error."""
    from pymongo import MongoClient  # nobody pays for it before there is a cluster
    from pymongo.errors import OperationFailure

    client: MongoClient[dict[str, Any]] = MongoClient(admin_uri(settings, account))
    with client:
        database = client["admin"]
        for name, login in todo.create.items():
            try:
                database.command("createUser", name, pwd=login.password, roles=roles(login))
            except OperationFailure as error:
                if error.code != THERE:
                    raise
                database.command("updateUser", name, pwd=login.password, roles=roles(login))
        for name, login in todo.update.items():
            database.command("updateUser", name, pwd=login.password, roles=roles(login))
        for name in todo.drop:
            try:
                database.command("dropUser", name)
            except OperationFailure as error:
                if error.code != MISSING:
                    raise


def roles(login: Login) -> list[dict[str, str]]:
    return [{"role": role, "db": database} for role, database in sorted(login.roles)]


def admin_uri(settings: Settings, account: Account) -> str:
    authority: Path = certificate_file(settings)
    return (
        f"mongodb://{quote(account.user, safe='')}:{quote(account.password, safe='')}@{account.host}:{account.port}/"
        f"?authSource=admin&authMechanism=SCRAM-SHA-256&directConnection=true&tls=true"
        f"&tlsCAFile={quote(str(authority), safe='')}&serverSelectionTimeoutMS={PATIENCE_MS}"
        f"&socketTimeoutMS={PATIENCE_MS}"
    )
