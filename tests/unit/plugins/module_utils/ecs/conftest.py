"""Accounts, empty and with an environment whose first image runs."""

import pytest
from ecs_account import push, ready, site


@pytest.fixture
def aws():
    with ready() as (made, given):
        made.given = given
        yield made


@pytest.fixture
def built(aws):
    """An environment whose first image runs."""
    aws.digest = push(aws, "v1")
    site(aws, aws.given)
    return aws
