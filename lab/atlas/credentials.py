"""Who may use the API: one service account (OAuth) and one API key (digest), both fake, and checked all the same."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable

# Not a usual "test": Ansible's no_log hides a secret's text wherever it shows up in a result.
CLIENT_ID, CLIENT_SECRET = "mdb_sa_id_5f0c2a9be1d34478a6c0b7e2", "mdb_sa_sk_loopback-only-Zt61QmWv"
PUBLIC_KEY, PRIVATE_KEY = "labqkvzr", "4e7d0c55-loopback-only-9b21"
ORGANIZATION = "64b1c0d2e3f405162738495a"

REALM = "MMS Public API"
"""Atlas's own."""
TOKEN_SECONDS = 3600
NONCE_SECONDS = 300.0


class Tokens:
    """Bearer tokens, in memory; several threads may."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._ends: dict[str, float] = {}
        self._lock = threading.Lock()

    def issue(self, authorization: str, grant_type: str) -> str | None:
        """A token for the header and the grant of a request, or None when they are not the service account's."""
        given = _basic(authorization)
        known = hmac.compare_digest(given, f"{CLIENT_ID}:{CLIENT_SECRET}".encode())
        if not known or grant_type != "client_credentials":
            return None
        token = f"lab.{secrets.token_urlsafe(32)}"
        with self._lock:
            self._ends = {old: end for old, end in self._ends.items() if end > self._clock()}
            self._ends[token] = self._clock() + TOKEN_SECONDS
        return token

    def accept(self, authorization: str) -> bool:
        with self._lock:
            return self._ends.get(authorization.removeprefix("Bearer "), 0.0) > self._clock()

    def forget(self) -> None:
        """No token is good any more, as after Atlas has revoked them."""
        with self._lock:
            self._ends.clear()


class Digest:
    """HTTP's digest authentication (RFC 7616) with MD5 and qop=auth, which is what Atlas asks for."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._nonces: dict[str, float] = {}
        self._lock = threading.Lock()

    def challenge(self) -> str:
        """The value of WWW-Authenticate."""
        nonce = secrets.token_urlsafe(24)
        with self._lock:
            self._nonces = {old: end for old, end in self._nonces.items() if end > self._clock()}
            self._nonces[nonce] = self._clock() + NONCE_SECONDS
        return f'Digest realm="{REALM}", domain="", nonce="{nonce}", algorithm=MD5, qop="auth", stale=false'

    def accept(self, authorization: str, method: str, uri: str) -> bool:
        given = {name: quoted or bare for name, quoted, bare in _FIELD.findall(authorization.partition(" ")[2])}
        with self._lock:
            fresh = self._nonces.get(given.get("nonce", ""), 0.0) > self._clock()
        if not fresh or given.get("username") != PUBLIC_KEY or given.get("uri") != uri or given.get("qop") != "auth":
            return False
        user = _md5(f"{PUBLIC_KEY}:{REALM}:{PRIVATE_KEY}")
        words = [user, given["nonce"], given.get("nc", ""), given.get("cnonce", ""), "auth", _md5(f"{method}:{uri}")]
        return hmac.compare_digest(_md5(":".join(words)), given.get("response", ""))


_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))')


def _basic(authorization: str) -> bytes:
    scheme, _, text = authorization.partition(" ")
    try:
        return base64.b64decode(text, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        return b""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
