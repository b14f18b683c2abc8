# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the component's kinds share besides the region's clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import ClientMaker
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._core.words import duration
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import EDGE_REGION
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import Place

EVERY = 10.0
"""Seconds between two looks at what takes AWS minutes."""


class EdgeRegion:
    """Makes clients in the region where CloudFront takes certificates and web ACLs from."""

    def __init__(self, maker: ClientMaker) -> None:
        self._maker = maker

    def client(self, service: str, **extra: Any) -> Any:
        return self._maker.client(service, **{**extra, "region": EDGE_REGION})


def hide_nothing(_values: Iterable[Any], _public: Iterable[str]) -> None:
    """For who has nothing that could be shown."""


@dataclass(frozen=True)
class Context:
    """What the options say, and how to wait, tell and hide.

    `edge` makes clients in us-east-1. `present` is whether anything is wanted, `plans` whether nothing is to be
    changed, `web_acl` whether a web ACL is wanted, `static_function` whether the static files' function is. `waits` is
    whether to wait for what nothing else needs, `seconds` how long at most, each time. `hide` is told values that must
    not show and names that must stay readable.
    """

    place: Place
    edge: Clients
    origin_secret: str = ""
    web_acl: bool = False
    static_function: bool = False
    present: bool = True
    plans: bool = False
    replace_records: bool = False
    resolvers: tuple[str, ...] = ()
    waits: bool = True
    seconds: float = 1800.0
    teller: Teller = field(default_factory=lambda: Teller(None))
    hide: Callable[[Iterable[Any], Iterable[str]], None] = hide_nothing
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def until(self, what: str, state: Callable[[], str], *until: str, **more: Any) -> None:
        """Wait as `_core.wait.wait` does, telling how far it is and how long it has taken."""
        started = self.clock()

        def look() -> str:
            seen = state()
            if seen not in until:
                so_far = self.clock() - started
                self.teller.status(f"{what} is {seen}{f', {duration(so_far)} so far' if so_far >= 1 else ''}")
            return seen

        task = Wait(what, look, until, **{"seconds": self.seconds, "every": EVERY, **more})
        wait(task, self.clock, self.sleep)
        if (took := self.clock() - started) >= EVERY:
            self.teller.line(f"{what} is {until[0]} after {duration(took)}", "good")


class EdgeKind(Kind):
    """A kind of the component dns."""

    def __init__(self, clients: Clients, scope: Scope, context: Context) -> None:
        super().__init__(clients, scope)
        self.context = context
