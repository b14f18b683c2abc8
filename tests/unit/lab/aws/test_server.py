import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from lab.aws.faults import ApiFaults
from lab.aws.server import CallLog, Front
from lab.settings import Settings

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host"


def front_of(application: Any, calls: CallLog, wake: Any = lambda: None, pages: Any = None) -> Front:
    folder = Path("/nonexistent")
    settings = Settings(home=folder, network="127.93", cache=folder)
    return Front(application, calls, wake, pages or {}, ApiFaults.of(settings), settings)


def ask(front: Front, body: bytes = b"", path: str = "/", signed: bool = True) -> bytes:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **({"HTTP_AUTHORIZATION": SIGNED} if signed else {}),
    }
    return b"".join(front(environ, lambda *_: None))


def test_calls_are_logged_and_writes_wake(tmp_path: Path) -> None:
    woken: list[bool] = []
    bodies: list[bytes] = []

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        bodies.append(environ["wsgi.input"].read())
        start("200 OK" if b"Describe" in bodies[-1] else "400 Bad Request", [])
        return [b"answer"]

    calls = CallLog(tmp_path / "calls.jsonl")
    front = front_of(application, calls, lambda: woken.append(True))
    assert ask(front, b"Action=DescribeVpcs") == b"answer"
    assert woken == []
    ask(front, b"Action=CreateVpc")
    assert woken == [True]
    ask(front, b"Action=CreateVpc", signed=False)
    lines = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert [(line["service"], line["action"], line["status"], line["writes"]) for line in lines] == [
        ("ec2", "DescribeVpcs", 200, False),
        ("ec2", "CreateVpc", 400, True),
    ]
    assert set(lines[0]) == {"time", "ms", "status", "service", "action", "writes"}
    assert bodies[0] == b"Action=DescribeVpcs"


def test_a_crash_in_the_emulator_is_logged_as_500(tmp_path: Path) -> None:
    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        raise RuntimeError("moto")

    front = front_of(application, CallLog(tmp_path / "calls.jsonl"))
    with pytest.raises(RuntimeError, match="moto"):
        ask(front, b"Action=CreateVpc")
    assert json.loads((tmp_path / "calls.jsonl").read_text())["status"] == 500


def test_one_request_at_a_time(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.01)
        inside.pop()
        start("200 OK", [])
        return []

    front = front_of(application, CallLog(tmp_path / "calls.jsonl"))
    threads = [threading.Thread(target=ask, args=(front, b"Action=CreateVpc")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len((tmp_path / "calls.jsonl").read_text().splitlines()) == 8


def test_the_labs_own_pages_need_no_lock(tmp_path: Path) -> None:
    front = front_of(lambda *_: [], CallLog(tmp_path / "calls.jsonl"), pages={"/_lab/status": lambda: {"pid": 7}})
    assert json.loads(ask(front, path="/_lab/status")) == {"pid": 7}
