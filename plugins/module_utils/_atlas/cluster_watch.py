# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Waiting for a cluster, and telling about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._atlas import cluster_api
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import Api
from ansible_collections.calstack.aws.plugins.module_utils._atlas.sizes import usual_time
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._core.words import duration

EVERY = 10.0
"""Seconds between two looks: Atlas limits requests by the minute."""

GONE = "gone"

BEGIN_SECONDS = 30.0
"""For how long Atlas may still answer IDLE after it has taken a change. A choice of this collection's: some seconds
were seen."""

BEGUN = "begun"


@dataclass(frozen=True)
class Watch:
    """Looks at the cluster `name` until it is as it should be, at most for `seconds`."""

    api: Api
    project: str
    name: str
    teller: Teller
    seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def idle(self) -> None:
        """Wait until Atlas has done all that was asked of it.

        Not until there is a connection string: M0 and Flex have theirs while they are still being created.

        Raises NotReadyError, or CalstackError where the cluster is being deleted or is gone.
        """
        self._until("IDLE", broken=("DELETING", GONE))

    def begun(self) -> None:
        """Wait until Atlas has begun what was asked of it, or has said IDLE for so long that there is nothing to do."""
        end = self.clock() + BEGIN_SECONDS

        def look() -> str:
            cluster = cluster_api.get(self.api, self.project, self.name)
            return BEGUN if cluster is None or cluster.state != "IDLE" or self.clock() >= end else cluster.state

        wait(Wait(f"the change of cluster {self.name}", look, (BEGUN,), every=2.0), self.clock, self.sleep)

    def gone(self) -> None:
        """Wait until there is no cluster of the name. Raises NotReadyError."""
        self._until(GONE)

    def _until(self, state: str, broken: tuple[str, ...] = ()) -> None:
        started = self.clock()

        def look() -> str:
            cluster = cluster_api.get(self.api, self.project, self.name)
            if cluster and cluster.state != state:
                self.teller.status(words(cluster, self.clock() - started))
            return cluster.state if cluster else GONE

        wait(Wait(f"cluster {self.name}", look, (state,), broken, self.seconds, EVERY), self.clock, self.sleep)
        if (took := self.clock() - started) >= EVERY:
            self.teller.line(f"cluster {self.name} is {state} after {duration(took)}", "good")


def words(cluster: Cluster, so_far: float) -> str:
    """How far it is, and for a new cluster how long such ones take."""
    usual = f"; {cluster.size} takes {usual_time(cluster.size)}" if cluster.state == "CREATING" else ""
    waited = f", {duration(so_far)} so far" if so_far >= 1 else ""
    return f"cluster {cluster.name} is {cluster.state}{waited}{usual}"
