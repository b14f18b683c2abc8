# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the task runs: it lets PyMongo connect, and prints one line, which holds nothing of the connection string. Pure.

`connectionStatus` needs no privilege and tells who was let in: https://www.mongodb.com/docs/manual/reference/command/connectionStatus/
A driver authenticates each connection before its first command, so a wrong password fails before that.
"""

from __future__ import annotations

SELECTION_SECONDS = 20.0
"""How long PyMongo looks for a server; its own default is 30."""

SPREADING_SECONDS = 30.0
"""For how long a refused login is tried again: Atlas needs some seconds to bring a new password to all servers."""

MARK = "calstack_check"
"""The key by which the line is known among others."""

SCRIPT = r"""
import json, os, sys, time
from urllib.parse import quote_plus, unquote_plus

name, database, seconds, patience = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
uri = os.environ.get(name, "")

def masked(text):
    user, at, _ = uri.partition("://")[2].rpartition("@")
    found = {uri, user, *user.split(":", 1)} if at else {uri}
    for piece in sorted(found, key=len, reverse=True):
        for shape in (piece, unquote_plus(piece), quote_plus(piece), quote_plus(unquote_plus(piece))):
            text = text.replace(shape, "***") if len(shape) > 3 else text
    return text

def tell(**facts):
    print(json.dumps({"calstack_check": 1, **facts}), flush=True)

def fail(error, words=""):
    said = str(error).partition(", Topology Description")[0].partition(", full error: ")[0]
    words = words or masked(said)[:500]
    tell(ok=False, error=type(error).__name__, code=getattr(error, "code", None), words=words)
    sys.exit(1)

try:
    import pymongo
    from pymongo.errors import InvalidURI
except ImportError as error:
    fail(error)

start = time.monotonic()
try:
    client = pymongo.MongoClient(uri, serverSelectionTimeoutMS=int(seconds * 1000))
    while True:
        try:
            status = client["admin"].command("connectionStatus")
            break
        except Exception as error:
            if getattr(error, "code", None) not in (18, 8000) or time.monotonic() - start > patience:
                raise
            time.sleep(1)
    if not status["authInfo"]["authenticatedUsers"]:
        raise PermissionError("nobody is authenticated: the connection string names no user")
    version = client.server_info()["version"]
    if database:
        client[database].list_collection_names(authorizedCollections=True)
except (InvalidURI, ValueError) as error:
    fail(error, "the driver cannot read it (its words are kept back: they may quote it)")
except Exception as error:
    fail(error)
host, port = client.address or ("one of several", "")
ms = round((time.monotonic() - start) * 1000)
tell(ok=True, host="{}:{}".format(host, port).rstrip(":"), version=version, ms=ms)
"""


def command(
    key: str, database: str, seconds: float = SELECTION_SECONDS, patience: float = SPREADING_SECONDS
) -> tuple[str, ...]:
    """What to run where the variable `key` holds the connection string; without `database` none is looked into.

    18 is MongoDB's AuthenticationFailed, 8000 Atlas's own.
    """
    return ("python", "-c", SCRIPT, key, database, str(seconds), str(patience))
