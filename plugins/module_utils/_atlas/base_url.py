# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Where Atlas is asked. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

ATLAS_URL = "https://cloud.mongodb.com"


def base_url(text: str) -> str:
    """`text` without a slash at its end.

    Raises InputError for anything but https://HOST[:PORT]; http is taken for this very machine alone, because
    every request carries credentials.
    """
    url = text.rstrip("/")
    parts = urlsplit(url)
    try:
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if "@" in parts.netloc:
        raise _refused("has credentials in it")
    if not host or parts.path or parts.query or parts.fragment or parts.scheme not in ("https", "http"):
        raise _refused("is not of the form https://HOST")
    if parts.scheme == "http" and not is_loopback(host):
        raise _refused(f"would send the credentials to {host} unencrypted")
    return url


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: by its address, or as localhost. Names are not looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _refused(why: str) -> InputError:
    return InputError(
        f"MONGODB_ATLAS_BASE_URL (base_url) {why}: it is {ATLAS_URL}, or another https address of Atlas. "
        f"Leave it unset if you are not sure."
    )
