"""An environment before and after its first image, with a database's secret."""

import pytest
from connection_check_account import made
from ecs_account import push, ready, site


@pytest.fixture
def empty():
    """Nothing but what the services stand on."""
    with ready() as (aws, given):
        aws.given = given
        yield made(aws)


@pytest.fixture
def world(empty):
    push(empty.aws, "v1")
    site(empty.aws, empty.aws.given)
    empty.aws.calls.clear()
    return empty
