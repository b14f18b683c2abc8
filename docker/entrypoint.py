"""Start the application: check its settings, write its files, become gunicorn.

usage: python entrypoint.py [COMMAND…]     (in the directory of app.py)

COMMAND is run in gunicorn's place, in the same environment: a migration, say. ECS gives it as the `command` of a
task definition or of RunTask's containerOverrides.

    REQUIRED_VARIABLES         names that must be set and not empty, separated by blanks (default: none)
    GOOGLE_CLIENT_SECRET_JSON  when given, becomes the file client_secret.json and leaves the environment
    APP_TLS                    1: serve TLS, with a certificate that is made at each start; the image needs `openssl`
    BIND                       address and port (default 0.0.0.0:5000)
    WEB_CONCURRENCY, THREADS   worker processes and threads in each (default 1 and 4)
    FORWARDED_ALLOW_IPS        whose X-Forwarded-* headers are believed (default *)

Standard library only: it runs in whatever environment the image has. The standard library speaks TLS but makes no key;
Debian's python images have `openssl` with ca-certificates.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

CLIENT_VARIABLE = "GOOGLE_CLIENT_SECRET_JSON"
CLIENT_FILE = "client_secret.json"
# gunicorn's own without the query string, which has the codes of sign-ins, and without the referrer, which may.
ACCESS_LOG = '%(h)s %(l)s %(u)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s "%(a)s"'
CERTIFICATE, KEY = "certificate.pem", "key.pem"
ON, OFF = ("1", "true"), ("", "0", "false")
VALID_DAYS = 3650  # longer than any task runs: nobody renews it, and the balancer does not look
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  gunicorn makes its own file in it


class SettingsError(Exception):
    """The application cannot start like this; the message names everything that is missing or wrong."""


def check(environment: Mapping[str, str]) -> None:
    """Raise SettingsError, naming all that is wrong at once and no value."""
    missing = [name for name in environment.get("REQUIRED_VARIABLES", "").split() if not environment.get(name)]
    problems = [f"missing: {', '.join(missing)}"] if missing else []
    if environment.get(CLIENT_VARIABLE) and not is_object(environment[CLIENT_VARIABLE]):
        problems.append(f"{CLIENT_VARIABLE} is not the JSON object that Google's console offers for download")
    if environment.get("APP_TLS", "").lower() not in (*ON, *OFF):
        problems.append("APP_TLS is neither 1 nor 0")
    if problems:
        raise SettingsError("; ".join(problems))


def is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def write_private(path: Path, text: str) -> None:
    """A new file that only its owner reads, even if one with wider permissions stood there."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def speaks_tls(environment: Mapping[str, str]) -> bool:
    return environment.get("APP_TLS", "").lower() in ON


def make_certificate(directory: Path) -> None:
    """A new key on P-256, which only its owner reads, and a certificate that it has signed itself.

    Who listens on the way learns nothing by it, and a load balancer, which asks by address, does not look at names.

    Raises SettingsError where `openssl` is missing or fails.
    """
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=task", "-days", str(VALID_DAYS), "-keyout", KEY, "-out", CERTIFICATE]
    for name in (KEY, CERTIFICATE):
        (directory / name).unlink(missing_ok=True)
    try:
        done = subprocess.run(command, cwd=directory, umask=0o077, capture_output=True, text=True, check=False)
    except OSError as problem:
        raise SettingsError(f"APP_TLS is on, and openssl is what makes a certificate: {problem.strerror}") from None
    if done.returncode:
        words = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise SettingsError(f"APP_TLS is on, and openssl could not make a certificate: {words}")


def gunicorn(environment: Mapping[str, str], shared_memory: Path = SHARED_MEMORY) -> list[str]:
    """gunicorn's arguments, without the interpreter."""
    arguments = ["app:app", "--bind", environment.get("BIND") or "0.0.0.0:5000"]
    arguments += ["--worker-class", "gthread", "--workers", environment.get("WEB_CONCURRENCY") or "1"]
    arguments += ["--threads", environment.get("THREADS") or "4"]
    # Longer than the balancer keeps an idle connection (an ALB: 60 s): closed by us first, it would be a 502.
    arguments += ["--keep-alive", "75"]
    # Shorter than ECS waits before SIGKILL (30 s).
    arguments += ["--graceful-timeout", "25"]
    # The balancer's address is not known, and nobody else reaches the port: its X-Forwarded-Proto tells https.
    arguments += ["--forwarded-allow-ips", environment.get("FORWARDED_ALLOW_IPS") or "*"]
    arguments += ["--access-logfile", "-", "--access-logformat", ACCESS_LOG, "--error-logfile", "-"]
    if speaks_tls(environment):
        arguments += ["--certfile", CERTIFICATE, "--keyfile", KEY]
    if shared_memory.is_dir():
        # The workers' heartbeat: on a disk that stalls, gunicorn would take a live worker for dead.
        arguments += ["--worker-tmp-dir", str(shared_memory)]
    if has_control_socket():
        # It would be a file in the home directory, which is read-only or shared.
        arguments.append("--no-control-socket")
    return arguments


def has_control_socket() -> bool:
    """Whether this gunicorn has one to turn off: its option is an error for the older ones."""
    return find_spec("gunicorn") is not None and find_spec("gunicorn.ctl") is not None


def main() -> None:
    environment = dict(os.environ)
    try:
        check(environment)
        if speaks_tls(environment) and not sys.argv[1:]:
            make_certificate(Path())
    except SettingsError as problem:
        sys.exit(f"entrypoint: {problem}")
    if client := environment.pop(CLIENT_VARIABLE, ""):
        write_private(Path(CLIENT_FILE), client)
    sys.stdout.flush()
    argv = sys.argv[1:] or [sys.executable, "-m", "gunicorn", *gunicorn(environment)]
    try:
        os.execvpe(argv[0], argv, environment)  # noqa: S606  signals must reach the program itself, as process 1
    except OSError as problem:
        sys.exit(f"entrypoint: {argv[0]}: {problem.strerror}")


if __name__ == "__main__":
    main()
