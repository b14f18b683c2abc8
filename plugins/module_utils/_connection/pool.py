# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""How many connections a process may keep, so that all tasks together fit the cluster's tier. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

DRIVERS_DEFAULT = 100
"""maxPoolSize where a connection string names none: https://www.mongodb.com/docs/manual/reference/connection-string/"""

MONITORING = 2
"""Connections a client keeps to each server beside its pool, one to watch it and one to measure its distance:
https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md"""

COLOURS = 2
"""During a release both colours run, each with as many tasks as one alone may have."""

SHARE = 0.8
"""Of the tier's limit; the rest is for people, backups, checks and a migration. A choice of this collection's."""


@dataclass(frozen=True)
class Load:
    """What connects: up to `tasks_max` tasks a colour, each with `workers` processes that have a client each."""

    tasks_max: int
    workers: int

    @property
    def clients(self) -> int:
        return COLOURS * self.tasks_max * self.workers

    def connections(self, pool: int) -> int:
        """To each server of the cluster."""
        return self.clients * (pool + MONITORING)


def pool_size(load: Load, tier: str, limit: int | None, asked: int = 0) -> int:
    """maxPoolSize: `asked`, or (0) what fits, and no more than the drivers take by themselves.

    `limit` is how many connections a server of the tier accepts; None: unknown, then nothing is checked.

    Raises InputError where it does not fit.
    """
    if load.tasks_max < 1 or load.workers < 1 or asked < 0:
        raise InputError("app_tasks_max and atlas_workers are 1 or more, atlas_max_pool_size 0 (chosen) or more.")
    if limit is None:
        return asked or DRIVERS_DEFAULT
    room = int(limit * SHARE)
    fits = room // load.clients - MONITORING
    if (asked or 1) > fits:
        raise InputError(_too_many(load, tier, limit, asked, room, fits))
    return asked or min(fits, DRIVERS_DEFAULT)


def _too_many(load: Load, tier: str, limit: int, asked: int, room: int, fits: int) -> str:
    pool = asked or 1
    way_out = f"Set atlas_max_pool_size to at most {fits}, lower" if fits >= 1 else "Lower"
    return (
        f"{'atlas_max_pool_size' if asked else 'a pool'} of {pool} does not fit: app_tasks_max {load.tasks_max} x "
        f"{COLOURS} colours x {load.workers} processes x ({pool} + {MONITORING} to watch the servers) are "
        f"{load.connections(pool)} connections, and of the {limit} that {tier} accepts {room} are for the application. "
        f"{way_out} app_tasks_max, or choose a larger atlas_instance_size than {tier}."
    )
