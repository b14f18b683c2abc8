"""SecantusDB, which speaks MongoDB's protocol, in a process of its own; and the lab's stand-alone database.

That one plays a MongoDB outside Atlas: TLS, SCRAM-SHA-256, one user who may read and write one database. The clusters
of `lab.atlas` are such processes too. The data goes with the lab.
"""

import json
import os
import secrets
import shutil
import socket
import ssl
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from lab.ca import LocalCa, certificate_file
from lab.part import LabError
from lab.process import Child
from lab.settings import Settings

USER = "calstack"
DATABASE = "calstack"
SERVER = Path(__file__).with_name("database_server.py")
PATIENCE = 20.0
POLL = 0.02
TICK = 1.0
# It imports numpy, whose threads cost memory and have nothing to do.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
# The data is thrown away, so nothing is worth waiting for.
GRACE = 0.2


@dataclass(frozen=True)
class Account:
    """Where a server is and who may use it; kept in a file of mode 0600, never in argv."""

    host: str
    port: int
    folder: str
    user: str
    password: str = field(repr=False)
    database: str
    certificate: str
    key: str
    role: str = "readWrite"
    """MongoDB's role that the user has on `database`."""
    replica_set: str = "secantus"
    alias: str = ""
    """Another address that leads to it, with the same port."""

    @classmethod
    def read(cls, settings: Settings) -> "Account":
        try:
            return cls(**json.loads(_account_file(_folder(settings)).read_text()))
        except FileNotFoundError as error:
            raise LabError("the lab's database is not up: start it with `python -m lab up`") from error

    def write(self, settings: Settings) -> None:
        self.write_in(_folder(settings))

    def write_in(self, folder: Path) -> Path:
        return _write_private(_account_file(folder), json.dumps(vars(self)).encode())


def uri(settings: Settings) -> str:
    """The connection string an application gets as MONGO_URI, password included. Raises LabError."""
    account = Account.read(settings)
    options = {"tls": "true", "tlsCAFile": str(certificate_file(settings)), "retryWrites": "true", "w": "majority"}
    options["authMechanism"] = "SCRAM-SHA-256"
    user, password = quote(account.user, safe=""), quote(account.password, safe="")
    return f"mongodb://{user}:{password}@{account.host}:{account.port}/?{urlencode(options)}"


@dataclass(frozen=True)
class First:
    """The user who is there before the first connection can be: `role` on `database`, with a new password."""

    user: str
    role: str
    database: str


class DatabaseProcess:
    """A server in a process of its own; its files are in `folder`, which goes with it."""

    def __init__(self, settings: Settings, authority: LocalCa, name: str, folder: Path) -> None:
        self.name = name
        self.log = settings.logs / f"{name}.log"
        self._settings = settings
        self._authority = authority
        self._folder = folder
        self._child: Child | None = None
        self._address: tuple[str, int] | None = None

    def launch(self, address: tuple[str, int], first: First, replica_set: str = "secantus", alias: str = "") -> Account:
        """Start the process without waiting for it: it imports for a second, which others can use.

        Raises LabError when the address is taken.
        """
        host, port = self._address = address
        if accepts(host, port):
            raise LabError(f"something else listens on {host}:{port}: stop it, or choose another LAB_NETWORK")
        shutil.rmtree(self._folder, ignore_errors=True)
        (self._folder / "data").mkdir(parents=True, mode=0o700)
        issued = self._authority.issue([host, alias] if alias else [host])
        account = Account(
            host=host,
            port=port,
            folder=str(self._folder / "data"),
            user=first.user,
            password=secrets.token_urlsafe(24),
            database=first.database,
            certificate=str(_write_private(self._folder / "certificate.pem", issued.certificate + issued.chain)),
            key=str(_write_private(self._folder / "key.pem", issued.key)),
            role=first.role,
            replica_set=replica_set,
            alias=alias,
        )
        # -P: the folder of the script holds modules whose names are the standard library's or a package's.
        argv: list[str | Path] = [sys.executable, "-P", SERVER, account.write_in(self._folder)]
        self._child = Child.start(self._settings, self.name, argv, log=self.log, environment=ENVIRONMENT)
        return account

    def serves(self) -> bool:
        """Whether it lets clients in by now."""
        return self._address is not None and answers(*self._address, certificate_file(self._settings))

    def trouble(self) -> str | None:
        code = self._child.died() if self._child else None
        return None if code is None else f"the {self.name} exited with {code}: {self.log} says why"

    def stop(self) -> None:
        if self._child:
            self._child.stop(GRACE)
            self._child = None
        shutil.rmtree(self._folder, ignore_errors=True)


class DatabasePart:
    """A lab.part.Part."""

    name = "database"

    def __init__(self, settings: Settings, authority: LocalCa) -> None:
        self._settings = settings
        self._process = DatabaseProcess(settings, authority, self.name, _folder(settings))
        self._launched = False

    @property
    def log(self) -> Path:
        return self._process.log

    def launch(self) -> None:
        """Start the process without waiting for it."""
        if not self._launched:
            self._process.launch(self._settings.database_address, First(USER, "readWrite", DATABASE))
            self._launched = True

    def start(self) -> None:
        self.launch()
        deadline = time.monotonic() + PATIENCE
        while not self._process.serves():
            if trouble := self.trouble():
                raise LabError(trouble)
            if time.monotonic() > deadline:
                raise LabError(f"the database is not ready after {PATIENCE:g} s: {self.log} says why")
            time.sleep(POLL)

    def tick(self) -> float:
        return TICK

    def trouble(self) -> str | None:
        return self._process.trouble()

    def stop(self) -> None:
        self._process.stop()
        self._launched = False


def accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def answers(host: str, port: int, authority: Path) -> bool:
    """Whether a server with a certificate of this authority is there."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            ssl.create_default_context(cafile=authority).wrap_socket(connection, server_hostname=host).close()
            return True
    except OSError:
        return False


def _folder(settings: Settings) -> Path:
    return settings.run / "database"


def _account_file(folder: Path) -> Path:
    return folder / "account.json"


def _write_private(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path
