# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Values as people give them: taken out of the module's parameters, and checked without ever being shown."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._secrets.model import SHORTEST_GENERATED, Variable

MONGO_URI = "MONGO_URI"
JSON_SUFFIX = "_JSON"
LOOPBACK = re.compile(r"127\.|localhost$|.*\.localhost$|\[?::1\]?$|0\.0\.0\.0$")


def given(values: Mapping[str, Any]) -> dict[str, str]:
    """Names with their values as text; what is empty is not given. Raises InputError for a number and the like."""
    return {name: _text(name, value) for name, value in values.items() if value not in (None, "")}


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and name.endswith(JSON_SUFFIX):
        return json.dumps(value)
    raise InputError(f"{name} is {_article(value)}, not text: put its value in quotes, or YAML changes it.")


def _article(value: Any) -> str:
    return {bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "a mapping"}.get(
        type(value), "something else"
    )


def check(variable: Variable, value: str, endpoint: str) -> None:
    """Raises InputError for a value the application could not use. The message names the variable only.

    `endpoint` is the URL of the Secrets Manager that will hold it.
    """
    if variable.generate and len(value) < SHORTEST_GENERATED:
        raise InputError(
            f"{variable.name} has fewer than {SHORTEST_GENERATED} characters. Leave it out to have one generated, "
            f"or give a longer one."
        )
    if variable.name.endswith(JSON_SUFFIX):
        _check_json(variable.name, value)
    if variable.name == MONGO_URI:
        _check_mongo_uri(value)
        if not _is_here(urlsplit(endpoint).hostname or "") and any(map(_is_here, _hosts(value))):
            raise InputError(
                f"{MONGO_URI} names a database on this machine, which the tasks in AWS could not reach. Use a new "
                f"shell if this one has been used with a stand-in for AWS, and give the environment's own."
            )


def _is_here(host: str) -> bool:
    return bool(LOOPBACK.match(host.lower()))


def _hosts(uri: str) -> list[str]:
    """The hosts of a connection string, which may name several with a port each."""
    netloc = re.split(r"[/?]", uri.partition("://")[2], maxsplit=1)[0]
    return [re.sub(r":\d+$", "", host) for host in netloc.rpartition("@")[2].split(",")]


def _check_json(name: str, value: str) -> None:
    try:
        is_object = isinstance(json.loads(value), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise InputError(
            f"{name} is not a JSON object: give the file's contents as they were downloaded, for example "
            f'export {name}="$(cat client_secret.json)".'
        )


def _check_mongo_uri(value: str) -> None:
    advice = (
        "give mongodb+srv://USER:PASSWORD@HOST/… or mongodb://…, with user and password percent-encoded "
        "(secrets_mongo_uri, or MONGO_URI in the shell)."
    )
    if not value.startswith(("mongodb://", "mongodb+srv://")):
        raise InputError(f"{MONGO_URI} is no MongoDB connection string: {advice}")
    with suppress(ImportError):
        if not is_understood(value):
            raise InputError(f"{MONGO_URI} is a connection string that PyMongo does not understand: {advice}")


def is_understood(uri: str) -> bool:
    """Whether PyMongo takes `uri`, without connecting. Raises ImportError where PyMongo is missing."""
    from pymongo import MongoClient

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # PyMongo only warns of an option it does not know
        try:
            MongoClient(uri, connect=False).close()
        # PyMongo's errors are of many families, and their text holds parts of the URI: neither matters here.
        except Exception:
            return False
    return True
