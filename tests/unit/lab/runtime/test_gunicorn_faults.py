import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import fault_files
from lab.runtime import gunicorn_faults
from lab.runtime.gunicorn_faults import Fault, FaultFile, Faulty, Leak, Share
from lab.settings import Settings

DIGEST = f"sha256:{'a' * 64}"
HEALTH_CHECK = {"HTTP_USER_AGENT": "ELB-HealthChecker/2.0"}


class Task:
    """A task of one image: an application that answers 200, and the faults around it."""

    def __init__(self, folder: Path, mongo_uri: str = "mongodb://127.0.0.1:9/") -> None:
        self.settings = Settings(home=folder, network="127.81", cache=folder)
        self.slept: list[float] = []
        state = fault_files.task_environment(self.settings, DIGEST)[gunicorn_faults.STATE_VARIABLE]
        self.now = 1000.0
        self.headers: list[tuple[str, str]] = []
        self.application = Faulty(
            self._serve, FaultFile(Path(state)), Leak(mongo_uri), self._sleep, clock=lambda: self.now
        )

    def fault(self, mode: str | None, share: float = 1.0, delay: float = 0.0, rate: float = 0.0) -> None:
        fault_files.put(self.settings, DIGEST, "app:1", Fault(mode, share, delay, rate) if mode else None)

    def get(self, environ: dict[str, Any] | None = None) -> str:
        answers: list[str] = []

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            answers.append(status)
            self.headers = headers

        body = b"".join(self.application(environ or {}, start))
        assert body
        return answers[0][:3]

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("x-app-version", "1.0.0"), ("X-Other", "o")])
        return [b"hello"]

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 3:
            self.fault(None)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(tmp_path)


def test_without_a_fault_nothing_is_different(task: Task) -> None:
    assert [task.get(), task.get(HEALTH_CHECK)] == ["200", "200"]


def test_errors_hit_their_share_and_spare_health_checks(task: Task) -> None:
    task.fault("errors", share=0.05)
    assert [task.get() for _ in range(200)].count("500") == 10
    assert [task.get(HEALTH_CHECK) for _ in range(50)].count("500") == 0


def test_a_fault_is_live_at_once_and_gone_at_once(task: Task) -> None:
    seen = []
    for mode in ("errors", None, "errors", "failing-health", None):
        task.fault(mode)
        seen.append((task.get(), task.get(HEALTH_CHECK)))
    assert seen == [("500", "200"), ("200", "200"), ("500", "200"), ("200", "503"), ("200", "200")]


@pytest.mark.parametrize("checker", ["ELB-HealthChecker/2.0", "Envoy/HC"])
def test_failing_health_knows_the_checkers(task: Task, checker: str) -> None:
    task.fault("failing-health")
    assert task.get({"HTTP_USER_AGENT": checker}) == "503"
    assert task.get({"HTTP_USER_AGENT": "curl/8"}) == "200"


def test_slow_waits_and_then_answers(task: Task) -> None:
    task.fault("slow", share=0.5, delay=1.5)
    assert [task.get() for _ in range(4)] == ["200"] * 4
    assert task.slept == [1.5, 1.5]


def test_hang_answers_only_when_it_is_cleared(task: Task) -> None:
    task.fault("hang")
    assert task.get() == "200"
    assert len(task.slept) == 3  # the third sleep clears it


def test_wrong_version_is_all_that_is_wrong(task: Task) -> None:
    task.fault("wrong-version")
    assert task.get() == "200"
    assert task.headers == [("X-Other", "o"), ("X-App-Version", "0.0.0-wrong")]
    assert task.get(HEALTH_CHECK) == "200"
    assert task.headers == [("x-app-version", "1.0.0"), ("X-Other", "o")]


def test_overload_begins_above_its_rate_and_ends_below(task: Task) -> None:
    task.fault("overload", share=0.5, rate=5)
    seen = []
    for spacing in (0.25, 0.125, 0.25):  # 4, 8 and again 4 requests a second
        answers = []
        for _ in range(40):
            task.now += spacing
            answers.append(task.get())
        seen.append(answers[20:].count("503"))
    assert seen == [0, 10, 0]


def test_overload_spares_health_checks_and_does_not_count_them(task: Task) -> None:
    task.fault("overload", rate=5)
    assert [task.get(HEALTH_CHECK) for _ in range(50)].count("503") == 0
    assert [task.get() for _ in range(6)] == ["200"] * 5 + ["503"]
    assert task.get(HEALTH_CHECK) == "200"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


def test_leak_opens_connections_and_keeps_them_until_cleared(tmp_path: Path, listener: socket.socket) -> None:
    host, port = listener.getsockname()
    task = Task(tmp_path, f"mongodb://user:pa%40ss@{host}:{port}/?retryWrites=true")
    task.fault("leak", share=0.5)
    for _ in range(6):
        assert task.get() == "200"
    connections = [listener.accept()[0] for _ in range(3)]
    for connection in connections:
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
    task.fault(None)
    assert task.get() == "200"
    for connection in connections:
        connection.settimeout(5)
        assert connection.recv(1) == b""
        connection.close()


def test_leak_without_a_database_still_answers(task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    task.fault("leak")
    assert task.get() == "200"
    assert "takes no more connections" in capsys.readouterr().err


@given(st.floats(0.001, 1), st.integers(1, 500))
def test_a_share_is_exact(share: float, requests: int) -> None:
    spread = Share()
    taken = sum(spread.takes(share) for _ in range(requests))
    assert abs(taken - share * requests) < 1 + 1e-6


def test_a_share_is_exact_among_threads() -> None:
    spread = Share()
    taken: list[bool] = []

    def requests() -> None:
        taken.extend(spread.takes(0.1) for _ in range(250))

    threads = [threading.Thread(target=requests) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 100


class Worker:
    def wsgi(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"hello"]


def install(environment: dict[str, str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    gunicorn_faults.install(settings, environment)
    return settings


def test_gunicorn_gets_the_hooks_and_the_applications_own_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "called = []\nworkers = 3\ndef on_starting(server): called.append(server)\n"
    own += "def post_worker_init(worker): called.append(worker)\n"
    (tmp_path / "gunicorn.conf.py").write_text(own)
    monkeypatch.chdir(tmp_path)
    state = tmp_path / "fault.json"
    settings = install({"LAB_FAULT": str(state)})
    assert settings["workers"] == 3
    settings["on_starting"]("server")
    worker = Worker()
    settings["post_worker_init"](worker)
    assert isinstance(worker.wsgi, Faulty)
    assert settings["called"] == ["server", worker]


def test_crash_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    state = tmp_path / "fault.json"
    state.write_text('{"mode": "crash-at-start", "share": 1, "delay": 0, "rate": 0}')
    with pytest.raises(SystemExit) as caught:
        install({"LAB_FAULT": str(state)})["on_starting"](None)
    assert caught.value.code == 1
    assert "crash-at-start" in capsys.readouterr().err


def test_outside_the_lab_nothing_is_installed() -> None:
    assert install({}) == {}
