"""moto in a process of its own, as it comes (`plain`) or with the lab's mends (`mended`); prints its port.

usage: emulator.py plain|mended FOLDER
"""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.aws import mending
from lab.settings import Settings

DRAIN = "/_contract/drain"
"""A request for this path ends what drains: no task runs here that would have to stop first."""


def main() -> None:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    # Not what the environment would say: the addresses must come from what the mends are given.
    settings = Settings(home=folder, network="127.93", cache=folder)
    if kind == "mended":
        mend(settings)
    else:
        os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_request(self, *_: object) -> None:
            pass

    create = mending(create_backend_app, settings) if kind == "mended" else create_backend_app
    moto = DomainDispatcherApplication(create)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] != DRAIN:
            return moto(environ, start_response)
        drain()
        start_response("204 No Content", [])
        return []

    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    server = make_server(host, port, application, request_handler=Quiet, fd=listener.detach())
    print(port, flush=True)
    server.serve_forever()


def mend(settings: Settings) -> None:
    from lab.aws import acm, apply_mends
    from lab.ca import LocalCa

    apply_mends(settings)
    acm.issue_with(LocalCa(settings).issue)


def drain() -> None:
    from moto.ecs.models import ecs_backends

    for regions in ecs_backends.values():
        for backend in regions.values():
            for service in backend.services.values():
                if service.status == "DRAINING":
                    service.status, service.deployments = "INACTIVE", []


if __name__ == "__main__":
    main()
