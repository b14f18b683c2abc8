# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Connection strings for the programs that move data, and how they are kept out of what those write. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

EXTERNAL = ("GSSAPI", "MONGODB-AWS", "MONGODB-OIDC", "MONGODB-X509", "PLAIN")
"""Mechanisms whose users are in no database of MongoDB: authSource is $external."""

SECRET_OPTIONS = ("authmechanismproperties", "tlscertificatekeyfilepassword", "proxypassword")

MASKED = "***"

_URI = re.compile(r"(mongodb(?:\+srv)?://)[^\s\"'`]+")


def without_database(uri: str) -> str:
    """`uri` without its default database, but with the same authSource said in full.

    The tools refuse a `--db` that is not the database of the URI, and without an authSource they look the user up in
    the one of `--db`. A mongodb+srv URI without authSource gets admin, which is what Atlas's own DNS says.
    """
    scheme, _, rest = uri.partition("://")
    place, _, options = rest.partition("?")
    authority, _, database = place.partition("/")
    pairs = [pair for pair in re.split("[&;]", options) if pair]
    source = _auth_source(authority, database if scheme == "mongodb" else "", pairs)
    if source:
        pairs.append(f"authSource={source}")
    query = f"?{'&'.join(pairs)}" if pairs else ""
    return f"{scheme}://{authority}/{query}"


def config_line(key: str, value: object) -> str:
    """A line of a YAML file: a JSON scalar is one of YAML as well."""
    return f"{key}: {json.dumps(value, ensure_ascii=False)}\n"


class Mask:
    """Stars out what must not be seen of `uris`, and of any other connection string. Its repr shows nothing."""

    def __init__(self, uris: Iterable[str]) -> None:
        hidden = {shape for uri in uris for secret in _secrets(uri) for shape in (secret, unquote(secret))}
        hidden |= {quote(secret, safe="") for secret in hidden}
        hidden |= {shape for secret in hidden for shape in _in_json(secret)}
        # The longest first: a short one may be a part of it.
        self._hidden = sorted(filter(None, hidden), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, MASKED)
        return _URI.sub(rf"\1{MASKED}", text)


def _auth_source(authority: str, database: str, pairs: list[str]) -> str:
    """The authSource to add; "" where it is given, or nobody logs in."""
    options = {key.lower(): value for key, _, value in (pair.partition("=") for pair in pairs)}
    if "authsource" in options:
        return ""
    if unquote(options.get("authmechanism", "")).upper() in EXTERNAL:
        return "%24external"
    return (database or "admin") if "@" in authority else ""


def _in_json(secret: str) -> tuple[str, str]:
    """As JSON has it, and as Go's does, which escapes more: the programs are written in Go, and log in JSON."""
    text = json.dumps(secret, ensure_ascii=False)[1:-1]
    return text, text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _secrets(uri: str) -> Iterable[str]:
    yield uri
    rest = uri.partition("://")[2]
    place, _, options = rest.partition("?")
    user, at, _ = place.rpartition("@")
    if at:
        yield user.partition(":")[2]
    for pair in re.split("[&;]", options):
        key, _, value = pair.partition("=")
        if key.lower() in SECRET_OPTIONS:
            yield value
