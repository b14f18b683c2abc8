"""moto in a process of its own, as it comes (`plain`) or with the lab's mends (`mended`); prints its port."""

import os
import socket
import sys
from pathlib import Path


def main() -> None:
    if sys.argv[1] == "mended":
        from lab.aws import apply_mends
        from lab.settings import Settings

        # Not what the environment would say: the addresses must come from what the mends are given.
        home = Path(__file__).parent
        apply_mends(Settings(home=home, network="127.93", cache=home))
    else:
        os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_request(self, *_: object) -> None:
            pass

    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(host, port, application, request_handler=Quiet, fd=listener.detach())
    print(port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
