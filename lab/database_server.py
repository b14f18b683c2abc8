"""A database's own process: SecantusDB with one user, who is there before the first connection can be.

usage: python -P database_server.py SETTINGS     a JSON file of mode 0600, see lab/database.py

SecantusDB's command line would need a first start without authentication to create that user, and a second with it.
"""

import json
import logging
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import secantus.server
from secantus.auth import derive_credentials
from secantus.server import SecantusDBServer

MECHANISM = "SCRAM-SHA-256"
# MongoDB's, per mechanism; users live in `admin`, as Atlas's do.
AUTHENTICATION_DATABASE = "admin"


def serve(settings: dict[str, Any]) -> SecantusDBServer:
    server = SecantusDBServer(
        host=settings["host"],
        port=settings["port"],
        storage_path=settings["folder"],
        replica_set_name=settings["replica_set"],
        require_auth=True,
        enable_test_commands=False,
        # Without it a kill -9 loses acknowledged writes, which an Atlas cluster does not.
        sync_on_commit=True,
        cache_size="64M",
        tls_cert_file=settings["certificate"],
        tls_key_file=settings["key"],
    )
    user, database = settings["user"], AUTHENTICATION_DATABASE
    record: dict[str, object] = {
        "_id": f"{database}.{user}",
        "user": user,
        "db": database,
        "credentials": derive_credentials(settings["password"], mechanism=MECHANISM, username=user).to_doc(),
        "roles": [{"role": settings["role"], "db": settings["database"]}],
        "mechanisms": [MECHANISM],
    }
    server.storage.add_user(database, user, record)
    log_dropped_users_out(server)
    server.start()
    return server


def log_dropped_users_out(server: SecantusDBServer) -> None:
    """The open connections of a dropped user may do nothing more, as MongoDB has it; SecantusDB asks at log-in only."""
    dropped: set[tuple[str, str]] = set()
    drop, add, dispatch = server.storage.drop_user, server.storage.add_user, secantus.server.dispatch

    def drop_user(database: str, user: str) -> bool:
        dropped.add((database, user))
        return bool(drop(database, user))

    def add_user(database: str, user: str, record: dict[str, object], *, replace: bool = False) -> bool:
        dropped.discard((database, user))
        return bool(add(database, user, record, replace=replace))

    def dispatch_checked(body: Any, context: Any) -> Any:
        connection = context.connection_auth
        if dropped and connection is not None and not dropped.isdisjoint(connection.authenticated_principals):
            connection.authenticated_principals = []
            connection.effective_roles = []
        return dispatch(body, context)

    server.storage.drop_user, server.storage.add_user = drop_user, add_user
    secantus.server.dispatch = dispatch_checked


def forward(alias: str, address: tuple[str, int]) -> None:
    """Lead what comes to `alias` on to the server, whose library listens on one address only."""
    listener = socket.create_server((alias, address[1]))

    def accept() -> None:
        while True:
            near, _ = listener.accept()
            far = socket.create_connection(address)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=pipe, args=(source, sink), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def main() -> None:
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = json.loads(Path(sys.argv[1]).read_text())
    server = serve(settings)
    if settings["alias"]:
        forward(settings["alias"], (settings["host"], settings["port"]))

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    server.wait()


if __name__ == "__main__":
    main()
