# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Where the application sends people who log in, and which way back it names. Pure but for the question itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.probe import Answer

REDIRECTS = 5
"""Within the application, before it leads to the provider."""

Get = Callable[[str], Answer]
"""Asks for a path with its query. Raises CalstackError where nobody answers."""


@dataclass(frozen=True)
class Login:
    """A way to log in: the path in the application, and the redirect URI that is registered with the provider."""

    name: str
    path: str
    redirect_uri: str


def login(item: Mapping[str, Any]) -> Login:
    """Raises InputError for a path that is none."""
    if not str(item["path"]).startswith("/"):
        raise InputError(f"dns_logins: the path of {item['name']} is {item['path']!r}: it must start with /.")
    return Login(item["name"], item["path"], item["redirect_uri"])


def follow(one: Login, url: str, get: Get) -> str:
    """The address of the provider that the application leads to. Raises CalstackError where it leads nowhere else."""
    here = urljoin(url, one.path)
    for _step in range(REDIRECTS + 1):
        parts = urlsplit(here)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        answer = get(path)
        location = {name.lower(): value for name, value in answer.headers}.get("location", "")
        if not 300 <= answer.status < 400 or not location:
            raise CalstackError(
                f"the login with {one.name} was answered {answer.status} at {parts.path}, not with a redirect to the "
                f"provider. Is {one.path} the right path (dns_logins)?"
            )
        here = urljoin(here, location)
        if urlsplit(here).netloc != urlsplit(url).netloc:
            return here
    raise CalstackError(f"the login with {one.name} leads round in circles from {one.path}.")


def redirect_uri(address: str) -> str:
    """What the address of a provider says of the way back; empty where it says nothing."""
    return next(iter(parse_qs(urlsplit(address).query).get("redirect_uri", ())), "")


def fault(one: Login, seen: str) -> str:
    """What is wrong with the redirect URI that was seen; empty where nothing is."""
    if seen == one.redirect_uri:
        return ""
    return (
        f"the login with {one.name} names the redirect URI {seen or '(none)'}, but {one.redirect_uri} is the one of "
        f"this environment: the provider would refuse it, or send people elsewhere"
    )
