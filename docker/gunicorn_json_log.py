"""gunicorn's access log as JSON, an object a line, with the trace id that the balancer gives each request.

Not by --access-logformat: that writes a request's text as it came, and a line break in a path would be a visitor's own
line in the log. There is no query string, which has the codes of sign-ins, and no referrer, which may.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gunicorn.glogging import Logger

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
TRACE = "HTTP_X_AMZN_TRACE_ID"


class JsonLog(Logger):
    def access(self, resp: Any, req: Any, environ: Mapping[str, Any], request_time: timedelta) -> None:
        atoms = self.atoms(resp, req, environ, request_time)
        self.access_log.info("%s", line(atoms, environ, request_time, datetime.now(UTC)))


def line(atoms: Mapping[str, Any], environ: Mapping[str, Any], took: timedelta, now: datetime) -> str:
    """One request; `atoms` are gunicorn's: https://docs.gunicorn.org/en/stable/settings.html#access-log-format"""
    return json.dumps(
        {
            "time": now.isoformat(timespec="milliseconds"),
            "remote": atoms["h"],
            "method": atoms["m"],
            "path": text(atoms["U"] or ""),
            "protocol": atoms["H"],
            "status": int(atoms["s"]),
            "bytes": atoms["B"],
            "duration_ms": round(took.total_seconds() * 1000, 1),
            "user_agent": text(atoms["a"]),
            "trace_id": text(environ.get(TRACE, "")),
        }
    )


def text(of_wsgi: str) -> str:
    """WSGI hands bytes over as Latin-1: https://peps.python.org/pep-3333/#unicode-issues"""
    return of_wsgi.encode("latin-1", "replace").decode("utf-8", "replace")
