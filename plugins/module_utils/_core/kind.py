# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the converger needs to know of a kind of resource: one small class each, next to its API calls."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted

ENVIRONMENT_TAG = "calstack:environment"
COMPONENT_TAG = "calstack:component"
STACK_TAG = "calstack:stack"


@dataclass(frozen=True)
class Scope:
    """What belongs together: a component of an environment. All names start with `stack`."""

    environment: str
    component: str
    stack: str

    @property
    def ownership(self) -> dict[str, str]:
        """The tags that say whose a resource is. The stack is among them: two applications may call theirs dev."""
        return {ENVIRONMENT_TAG: self.environment, COMPONENT_TAG: self.component, STACK_TAG: self.stack}

    def tags(self, name: str) -> dict[str, str]:
        return self.ownership | {"Name": name}

    def owns(self, tags: Mapping[str, str]) -> bool:
        return self.ownership.items() <= tags.items()

    @property
    def filters(self) -> list[dict[str, Any]]:
        """For EC2's Describe calls."""
        return [{"Name": f"tag:{key}", "Values": [value]} for key, value in self.ownership.items()]


class Clients(Protocol):
    """Makes boto3 clients, each once."""

    def __call__(self, service: str) -> Any: ...


class Kind(ABC):
    """A kind of resource. Each method is one call to AWS, or as few as AWS's API makes it.

    `fixed` are the properties AWS cannot change in place; `adopts` says that a resource of our name without
    an owner's tag is taken over (a repository that the first push has made).
    """

    kind: ClassVar[str]
    fixed: ClassVar[frozenset[str]] = frozenset()
    adopts: ClassVar[bool] = False

    def __init__(self, clients: Clients, scope: Scope) -> None:
        self.clients = clients
        self.scope = scope

    @abstractmethod
    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        """All of the scope's resources of this kind; by tag where AWS can, else by the names wanted."""

    @abstractmethod
    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        """Create it (`properties` resolved, with the initial ones) and return it with its id."""

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        """Bring `changed` about; `properties` is all that is wanted, for calls that want everything."""
        raise NotImplementedError(f"{self.kind} has no property that can be changed")

    @abstractmethod
    def delete(self, found: Found) -> None:
        """Delete it and return when its dependencies can be deleted; not there is as good."""

    def settle(self, found: Found) -> Found:
        """Wait until others can use it; return it with attributes that were not known before."""
        return found


class PatientKind(Kind):
    """A kind that has to wait for AWS, by a clock and a sleeper that tests replace."""

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(clients, scope)
        self.clock, self.sleep = clock, sleep
