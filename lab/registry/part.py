"""The registry as a part of the lab: an address for those who log in, and one from which tasks pull.

Whether a task may pull has been asked of its execution role when an engine comes to pull for it, so there it need not
log in.
"""

import threading

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from lab.listening import listen
from lab.registry.api import RegistryApi
from lab.registry.blobs import Blobs
from lab.registry.catalog import Catalog
from lab.settings import Settings

IDLE = 60.0


class _QuietHandler(WSGIRequestHandler):
    # Who expects a 100 before he sends gets it only from this version on.
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """Engines say themselves what they push and pull."""


class RegistryPart:
    """A lab.part.Part."""

    name = "registry"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._servers: list[BaseWSGIServer] = []
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Answer from now on. Raises LabError when an address is taken."""
        blobs = blobs_of(self._settings)
        catalog = Catalog(self._settings, blobs)
        self._serve(self._settings.registry_address, RegistryApi(catalog, blobs, password(self._settings)))
        self._serve(self._settings.pull_address, RegistryApi(catalog, blobs))

    def tick(self) -> float:
        return IDLE

    def trouble(self) -> str | None:
        return None if all(thread.is_alive() for thread in self._threads) else "a server's thread has died, see lab.log"

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()

    def _serve(self, address: tuple[str, int], api: RegistryApi) -> None:
        with listen(*address) as listener:
            server = make_server(*address, api, threaded=True, request_handler=_QuietHandler, fd=listener.fileno())
        self._servers.append(server)
        thread = threading.Thread(target=server.serve_forever, name=f"registry {address[1]}", daemon=True)
        self._threads.append(thread)
        thread.start()


def blobs_of(settings: Settings) -> Blobs:
    return Blobs(settings.run / "registry")


def password(settings: Settings) -> str:
    """What moto's GetAuthorizationToken gives; it holds as long as the lab."""
    return f"{settings.account}-auth-token"
