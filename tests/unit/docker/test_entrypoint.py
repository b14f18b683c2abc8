import importlib.util
import json
import re
import shutil
import ssl
import stat
import subprocess
import sys
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
    arguments = entrypoint.gunicorn(variables, shared_memory=tmp_path)
    options = dict(zip(arguments[1::2], arguments[2::2], strict=False))
    assert options["--bind"] == "127.0.0.9:5001"
    assert (options["--workers"], options["--threads"]) == ("3", "8")
    assert options["--forwarded-allow-ips"] == "10.0.0.1"
    assert options["--worker-tmp-dir"] == str(tmp_path)


def test_the_access_log_has_no_query_string() -> None:
    """OAuth codes and tokens come in queries, and in referrers."""
    arguments = entrypoint.gunicorn({})
    form = arguments[arguments.index("--access-logformat") + 1]
    atoms = set(re.findall(r"%\(([^)]+)\)s", form))
    assert {"m", "U", "s"} <= atoms
    assert not {"r", "q", "f"} & atoms
    assert not [atom for atom in atoms if atom.startswith("{")]


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
