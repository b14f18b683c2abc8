"""What is in a line; that gunicorn writes it is in tests/unit/lab/images/test_run.py."""

import importlib.util
import json
import sys
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from lab.settings import CHECKOUT

ATOMS = {"h": "10.0.0.7", "m": "GET", "U": "/", "H": "HTTP/1.1", "s": "200", "B": 12, "a": "curl/8"}
NOW = datetime(2026, 11, 22, 20, 51, 13, 966000, tzinfo=UTC)


def load() -> ModuleType:
    """Without gunicorn, which is the image's and not in this environment."""
    glogging = ModuleType("gunicorn.glogging")
    glogging.Logger = object  # type: ignore[attr-defined]
    spec = importlib.util.spec_from_file_location("json_log", CHECKOUT / "docker" / "gunicorn_json_log.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with patch.dict(sys.modules, {"gunicorn": ModuleType("gunicorn"), "gunicorn.glogging": glogging}):
        spec.loader.exec_module(module)
    return module


json_log = load()


def line(environ: dict[str, str] | None = None, **atoms: Any) -> str:
    return str(json_log.line({**ATOMS, **atoms}, environ or {}, timedelta(milliseconds=20.06), NOW))


def test_a_request() -> None:
    environ = {"HTTP_X_AMZN_TRACE_ID": "Root=1-67891233-abcdef012345678912345678"}
    assert json.loads(line(environ)) == {
        "time": "2026-11-22T20:51:13.966+00:00",
        "remote": "10.0.0.7",
        "method": "GET",
        "path": "/",
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes": 12,
        "duration_ms": 20.1,
        "user_agent": "curl/8",
        "trace_id": "Root=1-67891233-abcdef012345678912345678",
    }


def test_neither_the_query_string_nor_the_referrer() -> None:
    """OAuth codes and tokens come in queries, and in referrers."""
    environ = {
        "QUERY_STRING": "code=hunter2",
        "RAW_URI": "/?code=hunter2",
        "HTTP_REFERER": "https://a.example/?hunter2",
    }
    assert "hunter2" not in line(
        environ, q="code=hunter2", r="GET /?code=hunter2 HTTP/1.1", f="https://a.example/?hunter2"
    )


def wsgi(text: str) -> str:
    return text.encode().decode("latin-1")


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT, TEXT)
def test_whatever_a_visitor_sends_is_one_line_and_comes_back_as_it_was(path: str, agent: str, trace: str) -> None:
    written = line({"HTTP_X_AMZN_TRACE_ID": wsgi(trace)}, U=wsgi(path), a=wsgi(agent))
    assert written.splitlines() == [written]
    read = json.loads(written)
    assert (read["path"], read["user_agent"], read["trace_id"]) == (path, agent, trace)


def test_bytes_that_are_no_utf8_are_no_error() -> None:
    assert json.loads(line(U="/\xff"))["path"] == "/\N{REPLACEMENT CHARACTER}"
