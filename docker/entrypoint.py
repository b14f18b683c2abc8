"""Start the application: check its settings, write its files, become gunicorn.

usage: python entrypoint.py [COMMAND…]     (in the directory of app.py)

COMMAND is run in gunicorn's place, in the same environment: a migration, say. ECS gives it as the `command` of a
task definition or of RunTask's containerOverrides.

    REQUIRED_VARIABLES         names that must be set and not empty, separated by blanks (default: none)
    GOOGLE_CLIENT_SECRET_JSON  when given, becomes the file client_secret.json and is not handed on
    APP_TLS                    1: serve TLS, with a certificate that is made at each start; the image needs `openssl`
    BIND                       address and port (default 0.0.0.0:5000)
    WEB_CONCURRENCY, THREADS   worker processes (default: from the CPU share) and threads in each (default 4)
    KEEP_ALIVE                 seconds that an idle connection is kept: more than the balancer keeps it (default 75)
    GRACEFUL_TIMEOUT           seconds for requests in flight when it is stopped: less than until SIGKILL (default 25)
    FORWARDED_ALLOW_IPS        whose X-Forwarded-* headers are believed (default *)

The files that it writes are client_secret.json and, for TLS, key.pem and certificate.pem. Where the root file system is
read-only, they are links to a place that is not: the image has such links to /tmp.

Standard library only: it runs in whatever environment the image has. The standard library speaks TLS but makes no key;
Debian's python images have `openssl` with ca-certificates.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

CLIENT_VARIABLE = "GOOGLE_CLIENT_SECRET_JSON"
CLIENT_FILE = "client_secret.json"
CERTIFICATE, KEY = "certificate.pem", "key.pem"
ADVICE = "give the container a writable /tmp (docker run --tmpfs /tmp; ECS: a volume mounted there)"
ON, OFF = ("1", "true"), ("", "0", "false")
VALID_DAYS = 3650  # longer than any task runs: nobody renews it, and the balancer does not look
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  gunicorn makes its own file in it
CGROUP = Path("/sys/fs/cgroup")
METADATA = "ECS_CONTAINER_METADATA_URI_V4"
METADATA_SECONDS = 2
COUNTS = ("WEB_CONCURRENCY", "THREADS", "KEEP_ALIVE", "GRACEFUL_TIMEOUT")


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
    counts = [name for name in COUNTS if not is_count(environment.get(name) or "1")]
    problems += [f"{name} is not a whole number from 1" for name in counts]
    if problems:
        raise SettingsError("; ".join(problems))


def is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def place(path: Path) -> Path:
    """Where the file is written that is read at `path`: at the end of the link, if it is one."""
    return path.resolve() if path.is_symlink() else path


def write_private(path: Path, text: str) -> None:
    """A new file that only its owner reads, even if one with wider permissions stood there.

    Raises SettingsError where it cannot be written.
    """
    path = place(path)
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as problem:
        raise SettingsError(f"{path} cannot be written: {problem.strerror}; {ADVICE}") from None


def speaks_tls(environment: Mapping[str, str]) -> bool:
    return environment.get("APP_TLS", "").lower() in ON


def make_certificate(directory: Path) -> None:
    """A new key on P-256, which only its owner reads, and a certificate that it has signed itself.

    Who listens on the way learns nothing by it, and a load balancer, which asks by address, does not look at names.

    Raises SettingsError where `openssl` is missing or fails.
    """
    key, certificate = place(directory / KEY), place(directory / CERTIFICATE)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=task", "-days", str(VALID_DAYS), "-keyout", str(key), "-out", str(certificate)]
    with contextlib.suppress(OSError):  # where nothing can be removed, openssl says why it cannot write
        key.unlink(missing_ok=True)
        certificate.unlink(missing_ok=True)
    try:
        done = subprocess.run(command, umask=0o077, capture_output=True, text=True, check=False)
    except OSError as problem:
        raise SettingsError(f"APP_TLS is on, and openssl is what makes a certificate: {problem.strerror}") from None
    if done.returncode:
        words = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise SettingsError(f"APP_TLS is on, and openssl could not make a certificate: {words}")


def cpu_share(environment: Mapping[str, str], cgroup: Path = CGROUP) -> float | None:
    """How many CPUs the container may use, such as 0.25; None where nothing limits it.

    On Fargate the limit is the task's, and the container's own cgroup does not show it: ECS tells it.
    """
    known = [limit for limit in (cpus_of_task(environment.get(METADATA, "")), cpus_of_cgroup(cgroup)) if limit]
    return min(known, default=None)


def cpus_of_task(metadata: str) -> float | None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html"""
    if not metadata:
        return None
    from urllib.request import ProxyHandler, build_opener  # here, because it takes as long as all the rest

    try:
        # Its address is link-local: no proxy can reach it.
        with build_opener(ProxyHandler({})).open(f"{metadata}/task", timeout=METADATA_SECONDS) as answer:
            return float(json.load(answer)["Limits"]["CPU"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        print(f"entrypoint: the task's metadata do not tell its CPUs: {type(problem).__name__}", file=sys.stderr)
        return None


def cpus_of_cgroup(folder: Path) -> float | None:
    """The quota over its period, in both versions: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max)."""
    try:
        if (unified := folder / "cpu.max").exists():
            quota, period = unified.read_text().split()
        else:
            quota, period = ((folder / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        cpus = float(quota) / float(period)
    except (OSError, ValueError):  # there is none, or it is "max"
        return None
    return cpus if cpus > 0 else None  # version 1 says -1 for none


def workers(cpus: float | None) -> int:
    """gunicorn's own advice, twice the CPUs and one, rounded down: https://docs.gunicorn.org/en/stable/design.html

    One where no limit is known: the machine's CPUs are then shared with who knows how many other containers.
    """
    return int(2 * cpus + 1) if cpus else 1


def gunicorn(
    environment: Mapping[str, str], cpus: float | None = None, shared_memory: Path = SHARED_MEMORY
) -> list[str]:
    """gunicorn's arguments, without the interpreter."""
    arguments = ["app:app", "--bind", environment.get("BIND") or "0.0.0.0:5000"]
    arguments += ["--worker-class", "gthread", "--workers", environment.get("WEB_CONCURRENCY") or str(workers(cpus))]
    # The upper end of gunicorn's range for a CPU, 2 to 4: a thread of an application with a database mostly waits.
    arguments += ["--threads", environment.get("THREADS") or "4"]
    # Longer than the balancer keeps an idle connection (an ALB: 60 s): closed by us first, it would be a 502.
    arguments += ["--keep-alive", environment.get("KEEP_ALIVE") or "75"]
    # Shorter than ECS waits before SIGKILL (30 s).
    arguments += ["--graceful-timeout", environment.get("GRACEFUL_TIMEOUT") or "25"]
    # The balancer's address is not known, and nobody else reaches the port: its X-Forwarded-Proto tells https.
    arguments += ["--forwarded-allow-ips", environment.get("FORWARDED_ALLOW_IPS") or "*"]
    arguments += ["--pythonpath", str(Path(__file__).resolve().parent), "--logger-class", "gunicorn_json_log.JsonLog"]
    arguments += ["--access-logfile", "-", "--error-logfile", "-"]
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
        if client := environment.pop(CLIENT_VARIABLE, ""):
            write_private(Path(CLIENT_FILE), client)
    except SettingsError as problem:
        sys.exit(f"entrypoint: {problem}")
    argv = sys.argv[1:]
    if not argv:
        cpus = None if environment.get("WEB_CONCURRENCY") else cpu_share(environment)
        argv = [sys.executable, "-m", "gunicorn", *gunicorn(environment, cpus)]
    sys.stdout.flush()
    try:
        os.execvpe(argv[0], argv, environment)  # noqa: S606  signals must reach the program itself, not a parent
    except OSError as problem:
        sys.exit(f"entrypoint: {argv[0]}: {problem.strerror}")


if __name__ == "__main__":
    main()
