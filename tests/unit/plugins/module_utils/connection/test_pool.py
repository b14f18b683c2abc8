"""The pool: all clients of both colours together never take more than their share of what the tier accepts."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._connection.pool import SHARE, Load, pool_size
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(1, 200), st.integers(1, 8), st.integers(100, 130_000), st.integers(0, 500))
def test_what_is_chosen_or_let_through_fits(tasks_max, workers, limit, asked):
    load = Load(tasks_max, workers)
    if load.connections(asked or 1) > int(limit * SHARE):
        with pytest.raises(InputError, match=r"app_tasks_max .* M10"):
            pool_size(load, "M10", limit, asked)
        return
    pool = pool_size(load, "M10", limit, asked)
    assert 1 <= pool == (asked or pool)
    assert load.connections(pool) <= limit * SHARE


def test_worked_out_by_hand():
    # 500 x 0.8 = 400 for 2 colours x 4 tasks x 2 processes = 16 clients: 25 each, 2 of which watch the servers.
    assert pool_size(Load(4, 2), "M0", 500) == 23
    assert pool_size(Load(4, 2), "M0", 500, 23) == 23
    assert pool_size(Load(1, 1), "M300", 128_000) == 100
    assert pool_size(Load(1, 1), "M999", None) == 100
    assert pool_size(Load(1, 1), "M999", None, 7) == 7


def test_what_does_not_fit_is_said_with_all_that_it_depends_on():
    with pytest.raises(InputError) as raised:
        pool_size(Load(4, 2), "M0", 500, 24)
    assert str(raised.value) == (
        "atlas_max_pool_size of 24 does not fit: app_tasks_max 4 x 2 colours x 2 processes x (24 + 2 to watch the "
        "servers) are 416 connections, and of the 500 that M0 accepts 400 are for the application. Set "
        "atlas_max_pool_size to at most 23, lower app_tasks_max, or choose a larger atlas_instance_size than M0."
    )
    with pytest.raises(InputError, match=r"^a pool of 1 does not fit: .*\. Lower app_tasks_max"):
        pool_size(Load(100, 2), "M0", 500)
    with pytest.raises(InputError, match="app_tasks_max and atlas_workers are 1 or more"):
        pool_size(Load(0, 1), "M0", 500)
