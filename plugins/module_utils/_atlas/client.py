# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The Atlas Administration API v2: an operation in, its answer out, or an AtlasError that says what to do."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._atlas.advice import unanswered
from ansible_collections.calstack.aws.plugins.module_utils._atlas.credentials import Credentials, ServiceAccount
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.hiding import Hidden, passwords
from ansible_collections.calstack.aws.plugins.module_utils._atlas.login import Bearer
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import Operation
from ansible_collections.calstack.aws.plugins.module_utils._atlas.refusal import parsed, refusal
from ansible_collections.calstack.aws.plugins.module_utils._atlas.retry import persist
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import (
    Opener,
    Request,
    Response,
    UnansweredError,
    open_once,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.words import words
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

PREFIX = "/api/atlas/v2"
PAGE = 500
"""The most results that Atlas puts into a page."""

REPEATABLE = ("GET", "PATCH", "DELETE")
"""Carried out twice they do what they do once: a POST may create two. A repeated DELETE may be answered with 404."""


class Atlas:
    """See `kind.Api`. Safe to use from several threads. Retries what `retry` says is worth it."""

    def __init__(
        self,
        base: str,
        who: Credentials,
        *,
        hide: Callable[[Iterable[str]], None] = lambda _shapes: None,
        opener: Opener = open_once,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base, self._who, self._open = base, who, opener
        self._clock, self._sleep, self._chance, self._now = clock, sleep, chance, now
        self._hidden = Hidden(hide)
        self._hidden.add([who.secret])
        self._bearer: Bearer | None = None
        self._login: tuple[str, str] | None = None
        if isinstance(who, ServiceAccount):
            self._bearer = Bearer(who, base, self._token, self._hidden.add, clock)
        else:
            self._login = (who.public_key, who.private_key)

    def call(
        self, operation: Operation, *, body: Any = None, query: Mapping[str, str] | None = None, **path: str
    ) -> Any:
        """The answer's JSON; an empty mapping where it has no body. Raises AtlasError."""
        self._hidden.add(passwords(body))
        doing = words(operation, body, path)
        url = self._base + PREFIX + operation.path.format_map({key: _part(doing, key, path[key]) for key in path})
        if query:
            url += "?" + urlencode(query)
        headers = {"Accept": operation.media_type}
        data = None
        if body is not None:
            headers["Content-Type"] = operation.media_type
            data = json.dumps(body).encode()
        request = Request(operation.method, url, headers, data, self._login)
        return self._read(doing, *self._authorized(doing, request))

    def every(
        self, operation: Operation, *, query: Mapping[str, str] | None = None, **path: str
    ) -> list[dict[str, Any]]:
        """The results of all pages; some of Atlas's lists have no pages."""
        results: list[dict[str, Any]] = []
        number = 0
        while True:
            number += 1
            paging = {"itemsPerPage": str(PAGE), "pageNum": str(number)}
            answer = self.call(operation, query={**(query or {}), **paging}, **path)
            if isinstance(answer, list):
                return answer
            page = answer.get("results") or []
            results += page
            total = answer.get("totalCount")
            if not page or (len(page) < PAGE if total is None else len(results) >= total):
                return results

    def _authorized(self, doing: str, request: Request) -> tuple[Response, int]:
        """The answer, and after how many tries. A token may be revoked at any moment: one new one is asked for."""
        if self._bearer is None:
            return self._persist(doing, request)
        token = self._bearer.token()
        response, tries = self._persist(doing, _with_token(request, token))
        if response.status == 401:
            again = self._bearer.token(refused=token)
            response, tries = self._persist(doing, _with_token(request, again))
        return response, tries

    def _token(self, request: Request) -> Mapping[str, Any]:
        doing = f"logging in to Atlas with {self._who.variables[0]}"
        answer = self._read(doing, *self._persist(doing, request, repeatable=True))
        if not isinstance(answer, dict) or not answer.get("access_token"):
            raise AtlasError(f"{doing}: the answer holds no token. Check MONGODB_ATLAS_BASE_URL.")
        return answer

    def _persist(self, doing: str, request: Request, *, repeatable: bool = False) -> tuple[Response, int]:
        try:
            return persist(
                lambda: self._open(request),
                repeatable=repeatable or request.method in REPEATABLE,
                clock=self._clock,
                sleep=self._sleep,
                chance=self._chance,
                now=self._now,
            )
        except UnansweredError as error:
            why = self._hidden.out_of(unanswered(error, urlsplit(self._base).netloc))
            raise AtlasError(f"{doing}: {why}") from None

    def _read(self, doing: str, response: Response, tries: int) -> Any:
        if 200 <= response.status < 300:
            return parsed(doing, response)
        raise refusal(doing, response, tries, self._who, self._hidden.out_of)


def _part(doing: str, key: str, value: str) -> str:
    """One part of a path. An empty one, or dots, would make it another resource's: a whole list's, for example."""
    if value in ("", ".", ".."):
        raise InputError(f"{doing}: the {key} is {value!r}, which names nothing in Atlas.")
    return quote(value, safe="")


def _with_token(request: Request, token: str) -> Request:
    headers = {**request.headers, "Authorization": f"Bearer {token}"}
    return Request(request.method, request.url, headers, request.body)
