"""Whether the application in this container is well: exit 0 when its health path answers with a status below 400.

    BIND, APP_TLS  as the entry point has them
    HEALTH_PATH    what to ask for (default /)

For `docker run` and compose. ECS does not look at an image's health check: there the balancer asks.
"""

import http.client
import os
import ssl
import sys
from collections.abc import Mapping

SECONDS = 4
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "::1", "": "127.0.0.1"}


def address(environment: Mapping[str, str]) -> tuple[str, int]:
    """Where to ask, from inside the container."""
    host, _, port = (environment.get("BIND") or "0.0.0.0:5000").rpartition(":")
    return EVERYWHERE.get(host, host.strip("[]")), int(port)


def ask(environment: Mapping[str, str]) -> int:
    """The status of the answer. Raises OSError or HTTPException when there is none."""
    host, port = address(environment)
    if environment.get("APP_TLS", "").lower() in ("1", "true"):
        # The certificate is the container's own, signed by nobody, and the way does not leave the container.
        context = ssl._create_unverified_context()  # noqa: S323
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    with_agent = {"User-Agent": "healthcheck"}
    connection.request("GET", environment.get("HEALTH_PATH") or "/", headers=with_agent)
    return connection.getresponse().status


def main() -> None:
    try:
        status = ask(os.environ)
    except (OSError, http.client.HTTPException) as problem:
        sys.exit(f"healthcheck: no answer: {type(problem).__name__}")
    if status >= 400:
        sys.exit(f"healthcheck: status {status}")


if __name__ == "__main__":
    main()
