"""What is wanted of a repository."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref
from ansible_collections.calstack.aws.plugins.module_utils._ecr.model import lifecycle, outputs, summary, wanted
from hypothesis import given
from hypothesis import strategies as st

SCOPE = Scope("dev", "ecr", "calstack-dev")


def params(**given):
    return {"repository": "calstack-dev", "keep_images": 30, "pull_account_ids": [], **given}


def test_it_is_the_environments_and_its_tags_never_move():
    (repository,) = wanted(params(), SCOPE)
    assert repository.name == "calstack-dev"
    assert repository.properties["tags"] == {
        "calstack:environment": "dev",
        "calstack:component": "ecr",
        "calstack:stack": "calstack-dev",
        "Name": "calstack-dev",
    }
    assert repository.properties["tag_mutability"] == "IMMUTABLE"
    assert repository.properties["scan_on_push"] is True


@given(st.integers(2, 1000))
def test_the_newest_images_stay(number):
    assert wanted(params(keep_images=number), SCOPE)[0].properties["lifecycle"] == (
        "expire untagged sinceImagePushed 7 days",
        f"expire tagged released-* imageCountMoreThan {number}",
        f"expire tagged * imageCountMoreThan {number}",
    )


def test_a_rules_priority_is_its_place_and_its_description_does_not_count():
    first, second, _all = lifecycle(30)
    assert summary([second, {**first, "description": "mine"}]) == summary([first, second])
    assert summary([{**first, "rulePriority": 3}, second]) != summary([first, second])
    assert summary([{**first, "selection": {**first["selection"], "storageClass": "standard"}}]) != summary([first])


def test_what_was_released_is_out_of_reach_of_the_rule_for_all_images():
    rules = {tuple(rule["selection"].get("tagPatternList", ())): rule["rulePriority"] for rule in lifecycle(30)}
    assert rules[("released-*",)] < rules[("*",)]


@pytest.mark.parametrize("name", ["A", "x", "calstack_", "calstack//dev", "Calstack", "a" * 257, "calstack:1", ""])
def test_a_name_that_ecr_refuses_is_named_with_its_variable(name):
    with pytest.raises(InputError, match="ecr_repository"):
        wanted(params(repository=name), SCOPE)


@pytest.mark.parametrize("name", ["calstack", "team/calstack-dev", "a.b_c-d/e"])
def test_names_that_ecr_takes(name):
    assert wanted(params(repository=name), SCOPE)[0].name == name


def test_a_rollback_needs_an_image_to_go_back_to():
    with pytest.raises(InputError, match="ecr_keep_images is 1"):
        wanted(params(keep_images=1), SCOPE)


def test_an_accounts_number_has_twelve_digits():
    with pytest.raises(InputError, match=r"ecr_pull_account_ids holds '1234'"):
        wanted(params(pull_account_ids=["210987654321", "1234"]), SCOPE)


def test_it_publishes_where_to_push():
    assert outputs(params(), SCOPE) == {
        "ecr_repository_arn": Ref("repository", "calstack-dev"),
        "ecr_repository_uri": Ref("repository", "calstack-dev", "uri"),
    }
