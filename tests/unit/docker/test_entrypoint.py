import importlib.util
import json
import shutil
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.settings import CHECKOUT

# Not by name: a package called docker is installed too.
SPEC = importlib.util.spec_from_file_location("entrypoint", CHECKOUT / "docker" / "entrypoint.py")
assert SPEC
assert SPEC.loader
entrypoint = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(entrypoint)

NAMES = st.sampled_from(["MONGO_URI", "FLASK_SECRET_KEY", "SENDGRID_API_KEY", "MS_CLIENT_ID", "DOMAIN"])


OPENSSL = shutil.which("openssl")


@given(st.lists(NAMES, unique=True), st.sets(NAMES))
def test_names_every_missing_variable_at_once(names: list[str], given_ones: set[str]) -> None:
    environment = {"REQUIRED_VARIABLES": " ".join(names), **dict.fromkeys(given_ones, "value")}
    missing = [name for name in names if name not in given_ones]
    if not missing:
        entrypoint.check(environment)
        return
    with pytest.raises(entrypoint.SettingsError) as caught:
        entrypoint.check(environment)
    assert str(caught.value) == f"missing: {', '.join(missing)}"


def test_an_empty_variable_is_missing() -> None:
    with pytest.raises(entrypoint.SettingsError, match="missing: MONGO_URI"):
        entrypoint.check({"REQUIRED_VARIABLES": "MONGO_URI", "MONGO_URI": ""})


@pytest.mark.parametrize("text", ["{not json", '"a string"', "[]"])
def test_refuses_a_google_client_that_is_no_object_and_does_not_show_it(text: str) -> None:
    with pytest.raises(entrypoint.SettingsError) as caught:
        entrypoint.check({"GOOGLE_CLIENT_SECRET_JSON": text, "REQUIRED_VARIABLES": "A"})
    assert "missing: A; GOOGLE_CLIENT_SECRET_JSON" in str(caught.value)
    assert text not in str(caught.value)


def test_the_file_is_private_even_where_an_open_one_stood(tmp_path: Path) -> None:
    path = tmp_path / "client_secret.json"
    path.write_text("old")
    path.chmod(0o644)
    entrypoint.write_private(path, "{}")
    assert path.read_text() == "{}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_arguments_by_default(tmp_path: Path) -> None:
    arguments = entrypoint.gunicorn({}, shared_memory=tmp_path / "none")
    options = dict(zip(arguments[1::2], arguments[2::2], strict=False))
    assert arguments[0] == "app:app"
    assert options["--bind"] == "0.0.0.0:5000"
    assert (options["--workers"], options["--threads"], options["--worker-class"]) == ("1", "4", "gthread")
    assert int(options["--keep-alive"]) > 60
    assert options["--graceful-timeout"] == "25"
    assert "--worker-tmp-dir" not in arguments


def test_arguments_from_the_environment(tmp_path: Path) -> None:
    variables = {"BIND": "127.0.0.9:5001", "WEB_CONCURRENCY": "3", "THREADS": "8", "FORWARDED_ALLOW_IPS": "10.0.0.1"}
    variables |= {"KEEP_ALIVE": "135", "GRACEFUL_TIMEOUT": "110"}
    arguments = entrypoint.gunicorn(variables, shared_memory=tmp_path)
    options = dict(zip(arguments[1::2], arguments[2::2], strict=False))
    assert options["--bind"] == "127.0.0.9:5001"
    assert (options["--workers"], options["--threads"]) == ("3", "8")
    assert (options["--keep-alive"], options["--graceful-timeout"]) == ("135", "110")
    assert options["--forwarded-allow-ips"] == "10.0.0.1"
    assert options["--worker-tmp-dir"] == str(tmp_path)


def test_the_access_log_is_our_own_class_beside_the_entry_point(tmp_path: Path) -> None:
    arguments = entrypoint.gunicorn({})
    folder = Path(arguments[arguments.index("--pythonpath") + 1])
    module, _, name = arguments[arguments.index("--logger-class") + 1].partition(".")
    assert f"class {name}(" in (folder / f"{module}.py").read_text()
    assert "--access-logformat" not in arguments


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²"])
@pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "THREADS", "KEEP_ALIVE", "GRACEFUL_TIMEOUT"])
def test_a_count_that_is_none_is_refused(name: str, text: str) -> None:
    with pytest.raises(entrypoint.SettingsError, match=f"{name} is not a whole number from 1"):
        entrypoint.check({name: text})


@pytest.mark.parametrize(("cpus", "count"), [(None, 1), (0.25, 1), (0.5, 2), (1.0, 3), (2.0, 5), (4.0, 9)])
def test_workers_from_the_cpu_share(cpus: float | None, count: int) -> None:
    arguments = entrypoint.gunicorn({}, cpus)
    assert arguments[arguments.index("--workers") + 1] == str(count)
    given = entrypoint.gunicorn({"WEB_CONCURRENCY": "7"}, cpus)
    assert given[given.index("--workers") + 1] == "7"


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"cpu.max": "25000 100000\n"}, 0.25),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_reads_both_versions_of_cgroups(tmp_path: Path, files: dict[str, str], cpus: float | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert entrypoint.cpu_share({}, tmp_path) == cpus


@pytest.fixture
def metadata() -> Iterator[tuple[str, list[bytes]]]:
    """An address, and what it answers with."""
    answers: list[bytes] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/v4/id/task" else 404)
            self.end_headers()
            self.wfile.write(answers[0])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v4/id", answers
        server.shutdown()


def test_on_fargate_the_tasks_limit_counts(
    metadata: tuple[str, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    address, answers = metadata
    answers.append(json.dumps({"Limits": {"CPU": 0.5, "Memory": 1024}}).encode())
    assert entrypoint.cpu_share({entrypoint.METADATA: address}, tmp_path) == 0.5
    (tmp_path / "cpu.max").write_text("25000 100000")
    assert entrypoint.cpu_share({entrypoint.METADATA: address}, tmp_path) == 0.25


@pytest.mark.parametrize("answer", [b"no JSON", b"{}", b'{"Limits": {"CPU": null}}'])
def test_metadata_without_an_answer_are_said_and_stop_nothing(
    metadata: tuple[str, list[bytes]], tmp_path: Path, answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    address, answers = metadata
    answers.append(answer)
    assert entrypoint.cpu_share({entrypoint.METADATA: address}, tmp_path) is None
    assert "the task's metadata do not tell its CPUs" in capsys.readouterr().err
    assert entrypoint.cpu_share({entrypoint.METADATA: "http://127.0.0.1:9/v4"}, tmp_path) is None


def test_writes_at_the_end_of_a_link(tmp_path: Path) -> None:
    """As the image has them, whose root may be read-only."""
    (tmp_path / "tmp").mkdir()
    link = tmp_path / "client_secret.json"
    link.symlink_to(tmp_path / "tmp" / "client_secret.json")
    for text in ("{}", '{"web": {}}'):
        entrypoint.write_private(link, text)
        assert link.is_symlink()
        assert link.read_text() == text
        assert stat.S_IMODE(link.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_said_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "client_secret.json").symlink_to(tmp_path / "nowhere" / "client_secret.json")
    done = run(tmp_path, GOOGLE_CLIENT_SECRET_JSON='{"web": "hunter2"}')
    assert done.returncode == 1
    assert done.stderr.startswith(f"entrypoint: {tmp_path}/nowhere/client_secret.json cannot be written: ")
    assert "writable /tmp" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A gunicorn that only tells what it was started with."""
    package = tmp_path / "packages" / "gunicorn"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    tell = (
        "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ), open('client_secret.json').read()]))"
    )
    (package / "__main__.py").write_text(tell)
    return package.parent


def run(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(entrypoint.__file__)]
    return subprocess.run(program, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def test_becomes_gunicorn_with_the_file_and_without_the_variable(tmp_path: Path, stand_in: Path) -> None:
    done = run(tmp_path, PYTHONPATH=str(stand_in), GOOGLE_CLIENT_SECRET_JSON='{"web": {}}', OTHER="kept")
    assert done.returncode == 0, done.stderr
    arguments, environment, secret = json.loads(done.stdout)
    assert arguments[0] == "app:app"
    assert "--no-control-socket" not in arguments  # this gunicorn has none, like the older ones
    assert "GOOGLE_CLIENT_SECRET_JSON" not in environment
    assert environment["OTHER"] == "kept"
    assert secret == '{"web": {}}'


def test_turns_the_control_socket_off_where_there_is_one(tmp_path: Path, stand_in: Path) -> None:
    (stand_in / "gunicorn" / "ctl").mkdir()
    (stand_in / "gunicorn" / "ctl" / "__init__.py").touch()
    done = run(tmp_path, PYTHONPATH=str(stand_in), GOOGLE_CLIENT_SECRET_JSON="{}")
    assert "--no-control-socket" in json.loads(done.stdout)[0]


def test_does_not_start_with_bad_settings(tmp_path: Path) -> None:
    done = run(tmp_path, REQUIRED_VARIABLES="MONGO_URI FLASK_SECRET_KEY", GOOGLE_CLIENT_SECRET_JSON="hunter2")
    assert done.returncode == 1
    assert done.stderr.startswith("entrypoint: missing: MONGO_URI, FLASK_SECRET_KEY; GOOGLE_CLIENT_SECRET_JSON")
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_command_runs_in_gunicorns_place(tmp_path: Path) -> None:
    script = "import os; print(open('client_secret.json').read(), 'GOOGLE_CLIENT_SECRET_JSON' in os.environ)"
    done = subprocess.run(
        [sys.executable, str(entrypoint.__file__), sys.executable, "-c", script],
        cwd=tmp_path,
        env={"GOOGLE_CLIENT_SECRET_JSON": "{}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "{} False\n")


def test_a_command_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(entrypoint.__file__), "no-such-program"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "entrypoint: no-such-program: No such file or directory\n")


@pytest.mark.parametrize("value", ["yes", "2", "https"])
def test_a_word_that_says_neither_on_nor_off_is_refused(value: str) -> None:
    with pytest.raises(entrypoint.SettingsError, match="APP_TLS is neither 1 nor 0"):
        entrypoint.check({"APP_TLS": value})


@pytest.mark.parametrize(("value", "tls"), [("1", True), ("true", True), ("0", False), ("False", False), ("", False)])
def test_gunicorn_is_given_a_certificate_where_tls_is_on(value: str, tls: bool) -> None:
    entrypoint.check({"APP_TLS": value})
    arguments = entrypoint.gunicorn({"APP_TLS": value})
    assert ("--certfile" in arguments) == ("--keyfile" in arguments) == tls


@pytest.mark.skipif(not OPENSSL, reason="there is no openssl to make a certificate with")
def test_a_certificate_of_its_own_is_new_at_each_start_and_its_key_is_private(tmp_path: Path) -> None:
    entrypoint.make_certificate(tmp_path)
    first = (tmp_path / "key.pem").read_text()
    (tmp_path / "key.pem").chmod(0o644)
    entrypoint.make_certificate(tmp_path)
    assert (tmp_path / "key.pem").read_text() != first
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(
        tmp_path / "certificate.pem", tmp_path / "key.pem"
    )  # raises where they do not belong together
    assert all(words not in first for words in ("RSA", "ENCRYPTED"))


@pytest.mark.skipif(not OPENSSL, reason="there is no openssl to make a certificate with")
def test_a_certificate_is_made_at_the_end_of_links(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    for name in ("key.pem", "certificate.pem"):
        (tmp_path / name).symlink_to(tmp_path / "tmp" / name)
    entrypoint.make_certificate(tmp_path)
    assert "PRIVATE KEY" in (tmp_path / "tmp" / "key.pem").read_text()
    assert stat.S_IMODE((tmp_path / "tmp" / "key.pem").stat().st_mode) == 0o600
    assert (tmp_path / "certificate.pem").is_symlink()


@pytest.mark.skipif(not OPENSSL, reason="there is no openssl to make a certificate with")
def test_becomes_a_gunicorn_that_speaks_tls(tmp_path: Path, stand_in: Path) -> None:
    given = {"PATH": str(Path(OPENSSL or "").parent), "PYTHONPATH": str(stand_in), "GOOGLE_CLIENT_SECRET_JSON": "{}"}
    done = run(tmp_path, APP_TLS="1", **given)
    assert done.returncode == 0, done.stderr
    arguments = json.loads(done.stdout)[0]
    assert (tmp_path / arguments[arguments.index("--certfile") + 1]).exists()
    assert (tmp_path / arguments[arguments.index("--keyfile") + 1]).exists()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (None, "APP_TLS is on, and openssl is what makes a certificate: No such file or directory"),
        ("echo no such curve >&2; exit 1", "APP_TLS is on, and openssl could not make a certificate: no such curve"),
    ],
)
def test_does_not_start_without_a_certificate(tmp_path: Path, script: str | None, words: str) -> None:
    if script:
        (tmp_path / "openssl").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "openssl").chmod(0o755)
    done = run(tmp_path, APP_TLS="1", PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, f"entrypoint: {words}\n")


def test_a_command_needs_no_certificate(tmp_path: Path) -> None:
    program = [sys.executable, str(entrypoint.__file__), sys.executable, "-c", "print('migrated')"]
    given = {"APP_TLS": "1", "PATH": str(tmp_path)}
    done = subprocess.run(program, cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "migrated\n")
    assert list(tmp_path.iterdir()) == []
