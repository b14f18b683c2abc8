"""How an operation of the API is described: its name, path, versions, and the function that does it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import unquote

from lab.atlas.errors import RefusedError, invalid, no_such_project
from lab.atlas.world import Project, World

PREFIX = "/api/atlas/v2"
LONGEST_PAGE = 500
PAGE = 100
_MEDIA_TYPE = re.compile(r"application/vnd\.atlas\.([0-9]{4}-[0-9]{2}-[0-9]{2})\+json")


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    """None: no body."""


@dataclass(frozen=True)
class Request:
    """`path` has the parameters of the path, unescaped.

    By a fault of the API, what it begins is to fail (`doomed`), or not to be seen for a while (`late`).
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    url: str = ""
    doomed: bool = False
    late: bool = False

    def project(self, world: World) -> Project:
        """Raises RefusedError."""
        identity = self.path["group"]
        if not re.fullmatch(r"[0-9a-f]{24}", identity):
            raise no_such_project(identity)
        return world.project(identity)

    def mapping(self) -> dict[str, Any]:
        """The body, which must be an object. Raises RefusedError."""
        if not isinstance(self.body, dict):
            raise RefusedError(400, "MALFORMED_JSON", "Received JSON that is not an object.")
        return self.body


Handler = Callable[[World, Request], Answer]


@dataclass(frozen=True)
class Operation:
    """`name` is Atlas's operationId; `versions` are those it answers, `gone` those it has answered once."""

    name: str
    method: str
    path: str
    versions: tuple[str, ...]
    handler: Handler
    gone: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def match(self, method: str, raw_path: str) -> dict[str, str] | None:
        """The parameters of a path that is still escaped, so that a slash may be in one; None for another operation."""
        wanted, given = self.path.split("/"), raw_path.removeprefix(PREFIX).split("/")
        if method != self.method or len(wanted) != len(given):
            return None
        found = {}
        for name, text in zip(wanted, given, strict=True):
            if name.startswith("{"):
                found[name.strip("{}")] = unquote(text)
            elif name != text:
                return None
        return found

    def version(self, accept: str) -> str:
        """The version of the resource that is answered: the newest up to the date asked for. Raises RefusedError."""
        match = _MEDIA_TYPE.search(accept)
        if match is None or not _is_date(match.group(1)):
            raise RefusedError(406, "INVALID_VERSION_DATE", "Invalid accept header or version date.")
        known = [version for version in (*self.versions, *self.gone) if version <= match.group(1)]
        if not known:
            raise RefusedError(406, "INVALID_VERSION_DATE", "Invalid accept header or version date.")
        if max(known) in self.gone:
            raise version_gone(max(known))
        return max(known)


def version_gone(version: str) -> RefusedError:
    return RefusedError(410, "VERSION_GONE", f"Version {version} of this resource has reached its sunset.", version)


def page(request: Request, items: Sequence[Any]) -> Answer:
    """A page of a list, as Atlas wraps it. Raises RefusedError."""
    number = _number(request.query, "pageNum", 1, 1, None)
    length = _number(request.query, "itemsPerPage", PAGE, 1, LONGEST_PAGE)
    shown = list(items[(number - 1) * length : number * length])
    links = [_link(request.url, number, length, "self")]
    if number > 1:
        links.append(_link(request.url, number - 1, length, "previous"))
    if number * length < len(items):
        links.append(_link(request.url, number + 1, length, "next"))
    return Answer(200, {"links": links, "results": shown, "totalCount": len(items)})


def self_link(request: Request, path: str) -> list[dict[str, str]]:
    base = request.url.partition(PREFIX)[0]
    return [{"href": f"{base}{PREFIX}{path}", "rel": "self"}]


def _link(url: str, number: int, length: int, rel: str) -> dict[str, str]:
    return {"href": f"{url}?includeCount=true&pageNum={number}&itemsPerPage={length}", "rel": rel}


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int | None) -> int:
    text = query.get(name, str(default))
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else -1
    if number < least or (most is not None and number > most):
        raise invalid(name)
    return number


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
