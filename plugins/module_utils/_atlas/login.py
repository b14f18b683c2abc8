# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The bearer token that proves who asks, renewed in time."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.credentials import ServiceAccount
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import Request

PATH = "/api/oauth/token"
EARLY = 60.0
"""Seconds before its end a token is no longer used. Atlas's live for an hour."""

AskForToken = Callable[[Request], Mapping[str, Any]]


class Bearer:
    """The token of a service account: asked for once, by one thread, and again when it is about to expire."""

    def __init__(
        self,
        account: ServiceAccount,
        base: str,
        ask: AskForToken,
        hide: Callable[[Iterable[str]], None],
        clock: Callable[[], float],
    ) -> None:
        self._account, self._url, self._ask, self._hide, self._clock = account, f"{base}{PATH}", ask, hide, clock
        self._token, self._end = "", 0.0
        self._lock = Lock()

    def token(self, refused: str = "") -> str:
        """A token; never `refused`, which Atlas has answered with 401. Raises AtlasError."""
        with self._lock:
            if not self._token or self._token == refused or self._clock() >= self._end:
                self._renew()
            return self._token

    def _renew(self) -> None:
        pair = f"{self._account.client_id}:{self._account.client_secret}"
        basic = base64.b64encode(pair.encode()).decode()
        self._hide([basic])
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        begin = self._clock()
        answer = self._ask(Request("POST", self._url, headers, b"grant_type=client_credentials"))
        self._token = str(answer["access_token"])
        self._hide([self._token])
        lifetime = float(answer.get("expires_in") or 0)
        self._end = begin + max(lifetime - EARLY, lifetime / 2)
