# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What all kinds of Atlas resources share: the API, and the project they are in."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import Operation
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, PatientKind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted

ATLAS = "atlas"
"""What the API is called among the clients."""


class Api(Protocol):
    """The Atlas Administration API. Path parameters are given by their names, unescaped. Raises AtlasError."""

    def call(
        self, operation: Operation, *, body: Any = None, query: Mapping[str, str] | None = None, **path: str
    ) -> Any:
        """The answer's JSON; an empty mapping where it has no body."""

    def every(
        self, operation: Operation, *, query: Mapping[str, str] | None = None, **path: str
    ) -> list[dict[str, Any]]:
        """The results of all pages."""
        ...


def unless_absent(ask: Callable[[], Any], *codes: str) -> Any:
    """What `ask` answers, or None where Atlas says with a 404 and one of `codes` that it is not there.

    Anything else is never read as absent.
    """
    try:
        return ask()
    except AtlasError as error:
        if error.status == 404 and error.code in codes:
            return None
        raise


class AtlasKind(PatientKind):
    """A kind of resource in the project `project` (its id). None: the project is only planned yet, so it is empty."""

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        *,
        project: str | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(clients, scope, clock=clock, sleep=sleep)
        self._project = project

    @property
    def api(self) -> Api:
        api: Api = self.clients(ATLAS)
        return api

    @property
    def project(self) -> str:
        if self._project is None:
            raise AtlasError("the project has only been planned: this is a bug of the module.")
        return self._project

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        return [] if self._project is None else self.read_project(wanted)

    @abstractmethod
    def read_project(self, wanted: Iterable[Wanted]) -> list[Found]:
        """As `read`, in a project that is there."""
