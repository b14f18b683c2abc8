# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""From an environment to its bill. Pure."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._cost import beside, inside, way_in
from ansible_collections.calstack.aws.plugins.module_utils._cost.allowances import NOTHING, Allowances
from ansible_collections.calstack.aws.plugins.module_utils._cost.bill import Bill, bill
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import Environment
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import PriceBook


def estimate(env: Environment, book: PriceBook, free: Allowances = NOTHING) -> Bill:
    """The bill of a whole month of 730 hours, without taxes and support. Raises InputError for a missing price."""
    return bill(
        [
            *inside.network(env, book),
            *way_in.balancer(env, book),
            *inside.tasks(env, book, free),
            *inside.database(env, book),
            *way_in.edge(env, book, free),
            *beside.watch(env, book, free),
            *beside.store(env, book, free),
        ]
    )
