"""The README's table of costs is what the command beside it prints."""

import re

import pytest
from conftest import CHECKOUT

from scripts.costs import ENVIRONMENTS, estimate, table


@pytest.fixture(scope="module")
def estimates():
    return {name: estimate(name) for name in ENVIRONMENTS}


def test_the_readme_shows_what_make_costs_prints(estimates):
    found = re.search(r"^\| USD a month .*?\n\n", (CHECKOUT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert found, "the README has no table of costs"
    assert found[0].strip().splitlines() == list(table(list(estimates.values())))


def test_production_is_within_its_budget(estimates):
    """95 to 140 USD is what the product promises for production."""
    assert 95 <= estimates["prod"]["month_usd"]["expected"] <= estimates["prod"]["budget_usd"] == 140
    assert not estimates["prod"]["over_budget"]
