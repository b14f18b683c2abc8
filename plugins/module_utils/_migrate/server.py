# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The edge to PyMongo: a connection, and what a server tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import doing
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import About, Namespace

with suppress(ImportError):  # connect says so
    import pymongo
    import pymongo.errors as sdk
    from bson.codec_options import CodecOptions, DatetimeConversion
    from bson.raw_bson import RawBSONDocument
    from pymongo.read_concern import ReadConcern
    from pymongo.read_preferences import ReadPreference
    from pymongo.write_concern import WriteConcern

APP_NAME = "calstack-migration"
PATIENCE_MS = 30_000
"""Milliseconds until an unreachable server is given up: PyMongo's own, long enough for an election."""


@dataclass(frozen=True)
class Endpoint:
    """One side: `side` is source or target."""

    side: str
    uri: str = field(repr=False)


class Server:
    """A connected side. Documents are raw BSON; what a server says about itself is decoded."""

    def __init__(self, side: str, client: pymongo.MongoClient[RawBSONDocument]) -> None:
        self.side = side
        self.client = client

    def documents(self, namespace: Namespace) -> Any:
        """The collection, its documents as raw BSON, as a majority has them."""
        return self.client.get_database(
            namespace.database,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
        )[namespace.collection]

    def database(self, name: str) -> Any:
        """The database, its answers as plain dictionaries."""
        options: Any = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
        return self.client.get_database(
            name, codec_options=options, read_preference=ReadPreference.PRIMARY, write_concern=WriteConcern("majority")
        )

    def command(self, database: str, *args: Any, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.database(database).command(*args, **more)
        return answer

    def now(self) -> Any:
        """The server's operation time (a bson Timestamp): what it did until now is not later."""
        return self.command("admin", "ping").get("operationTime") or self.command("admin", "hello")["operationTime"]

    def clock(self) -> float:
        """The server's clock in seconds since 1970."""
        # PyMongo gives UTC without saying so, which Python would take for this machine's own time.
        return float(self.command("admin", "hello")["localTime"].replace(tzinfo=UTC).timestamp())

    def about(self) -> About:
        with doing(f"reading the {self.side}'s version"):
            hello = self.command("admin", "hello")
            version = self.command("admin", "buildInfo")["versionArray"]
            status = self.command("admin", {"connectionStatus": 1, "showPrivileges": True})["authInfo"]
        hosts = hello.get("hosts") or [f"{host}:{port}" for host, port in self.client.nodes]
        return About(
            version=tuple(int(part) for part in version[:3]),
            topology=_topology(hello),
            hosts=frozenset(hosts),
            privileges=_privileges(status),
        )

    def close(self) -> None:
        self.client.close()


def connect(endpoint: Endpoint) -> Server:
    """Connected and authenticated.

    Raises InputError for what is no connection string, and MigrationError for a server that does not answer or does
    not let the user in. PyMongo's words on a malformed string could quote a part of the password: they are not shown.
    """
    if "pymongo" not in globals():
        raise CalstackError(
            "the migration needs PyMongo (4.12 or later) where Ansible runs: install it with `pip install pymongo`."
        )
    try:
        client: Any = pymongo.MongoClient(
            endpoint.uri,
            document_class=RawBSONDocument,
            datetime_conversion="DATETIME_MS",
            appname=APP_NAME,
            serverSelectionTimeoutMS=PATIENCE_MS,
            retryReads=True,
            retryWrites=True,
            connect=False,
        )
    except (sdk.PyMongoError, ValueError, TypeError):
        raise InputError(_malformed(f"migrate_{endpoint.side}")) from None
    server = Server(endpoint.side, client)
    try:
        with doing(f"connecting to the {endpoint.side}"):
            server.command("admin", "ping")
            # Ping needs no user: this does.
            server.command("admin", {"connectionStatus": 1})
    except BaseException:
        server.close()
        raise
    return server


def _malformed(where: str) -> str:
    return (
        f"{where} is not a MongoDB connection string: one looks like mongodb+srv://USER:PASSWORD@HOST/?OPTIONS, with "
        f"user and password percent-encoded and options that PyMongo knows. It is not shown, it may hold a password."
    )


def _privileges(status: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...] | None:
    """What the user may do. A server may name roles and no privileges: then it is not known, and its refusals tell."""
    privileges = tuple(status.get("authenticatedUserPrivileges") or ())
    is_known = privileges or not status.get("authenticatedUserRoles")
    return privileges if status.get("authenticatedUsers") and is_known else None


def _topology(hello: Mapping[str, Any]) -> str:
    if hello.get("msg") == "isdbgrid":
        return "sharded"
    return "replica set" if hello.get("setName") else "standalone"
