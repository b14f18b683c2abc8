# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Sends what people elsewhere are told: to an SNS topic and to a webhook. It never ends a release, nor holds it up."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients
from ansible_collections.calstack.aws.plugins.module_utils._release.announcement import (
    Notification,
    payload,
    subject,
    text,
)

TIMEOUT = 5.0
"""Seconds for each thing a webhook may keep us waiting for."""
PATIENCE = 6.0
"""Seconds that a release waits for both, side by side: boto3 alone could try for minutes."""

NOT_PRIVATE = (
    "release_notify_webhook must be a URL that begins with https:// (http:// only for this machine itself). It is not "
    "shown here, since it is a secret."
)

Channel = Callable[[Notification], str]
"""Sends; returns what went wrong in words, empty when nothing did."""


def check(webhook: str) -> None:
    """Raises InputError for a webhook to which its URL would travel in clear; an empty one is none."""
    if webhook and not _is_private(webhook):
        raise InputError(NOT_PRIVATE)


class Notifier:
    """`topic_arn` and `webhook` may be empty: then nobody is told there. `tell` is given what could not be sent.

    The webhook's URL is a secret, since who knows it can write there: no message holds any part of it. It is reached
    through HTTPS_PROXY where that is set. A webhook that `check` refuses is told and left out: whoever goes on with a
    release, or puts it back, must not be held up by it.
    """

    def __init__(
        self,
        clients: Clients,
        topic_arn: str,
        webhook: str,
        tell: Callable[[str], None],
        patience: float = PATIENCE,
    ) -> None:
        self._clients = clients
        self._topic_arn = topic_arn
        self._webhook = webhook if _is_private(webhook) else ""
        self._tell = tell
        self._patience = patience
        if webhook and not self._webhook:
            tell(f"{NOT_PRIVATE} Nobody is told there. The release goes on.")
        if self._webhook:
            _opener()  # loaded now: once there is news, its time is the news'

    def send(self, told: Notification) -> None:
        """Tell everybody, side by side; returns when all have it, or after `patience` seconds. Raises nothing."""
        channels: dict[str, Channel] = {}
        if self._topic_arn:
            channels["the SNS topic"] = self._publish
        if self._webhook:
            channels["the webhook"] = self._post
        ended: SimpleQueue[tuple[str, str]] = SimpleQueue()
        for name, channel in channels.items():
            Thread(target=_run, args=(name, channel, told, ended), name=f"tell {name}", daemon=True).start()
        deadline = time.monotonic() + self._patience
        while channels:
            try:
                name, trouble = ended.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                break
            del channels[name]
            if trouble:
                self._tell(f"{trouble} The release goes on.")
        for name in channels:
            slow = f"takes more than {self._patience:g} s: it may still arrive"
            self._tell(f"Telling {name} that the release {_is(told)} {slow}. The release goes on.")

    def _publish(self, told: Notification) -> str:
        try:
            with doing(f"telling the SNS topic {self._topic_arn} that the release {_is(told)}"):
                self._clients("sns").publish(TopicArn=self._topic_arn, Subject=subject(told), Message=text(told))
        except CalstackError as error:
            return str(error)
        return ""

    def _post(self, told: Notification) -> str:
        try:
            _opener()(
                self._webhook,
                data=json.dumps(payload(told)).encode(),
                headers={"Content-Type": "application/json"},
                method="POST",
                timeout=TIMEOUT,
                http_agent="calstack-release",
                # A proxy could read what http carries, and that is for this machine only.
                use_proxy=urlsplit(self._webhook).scheme == "https",
                follow_redirects="none",
                use_netrc=False,
            ).close()
        except HTTPError as error:
            return f"Telling the webhook that the release {_is(told)}: it answered {error.code}. Check its URL."
        except (OSError, ValueError) as error:
            return f"Telling the webhook that the release {_is(told)}: {_without_url(error)}."
        return ""


def _opener() -> Callable[..., Any]:
    """Ansible's way to open a URL, which honours a proxy. Only releases with a webhook pay for loading it."""
    from ansible.module_utils.urls import open_url

    return cast(Callable[..., Any], open_url)


def _run(name: str, channel: Channel, told: Notification, ended: SimpleQueue[tuple[str, str]]) -> None:
    try:
        trouble = channel(told)
    # Whatever it is, the release goes on; and a thread's traceback would show the webhook's URL.
    except Exception as error:
        trouble = f"Telling {name} that the release {_is(told)} failed ({type(error).__name__})."
    ended.put((name, trouble))


def _is(told: Notification) -> str:
    return f"{'has' if told.what in ('started', 'failed') else 'is'} {told.what.replace('_', ' ')}"


def _is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent there, nor its path, which is the secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return bool(host) and url.isprintable()
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def _without_url(error: Exception) -> str:
    """What went wrong, by kind: the error's own words may hold the URL."""
    cause = error.reason if isinstance(error, URLError) else error
    match cause:
        case ssl.SSLCertVerificationError():
            return "its certificate is not trusted"
        case TimeoutError():
            return f"no answer within {TIMEOUT:g} s"
        case ConnectionRefusedError():
            return "it refused the connection"
        case socket.gaierror():
            return "its name cannot be resolved"
    return f"it cannot be reached ({type(cause).__name__})"
