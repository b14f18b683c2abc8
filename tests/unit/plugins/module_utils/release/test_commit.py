"""Which image a commit is, decided from what ECR lists."""

from datetime import UTC, datetime

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.commit import Built, choose
from hypothesis import given
from hypothesis import strategies as st

URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/calstack"
ONE, TWO = "3f1c9ab" + "0" * 33, "3f1c9ab" + "1" * 33


def image(number, *tags):
    digest = f"sha256:{number:064x}"
    return {"imageDigest": digest, "imageTags": list(tags), "imagePushedAt": datetime(2026, 1, number, tzinfo=UTC)}


def test_the_whole_commit_and_its_beginning_are_the_same_image():
    images = [image(1, "1.0.0"), image(2, ONE, "released-20260314-140312")]
    assert choose(ONE, URI, images) == choose(ONE[:7], URI, images) == Built(ONE, images[1]["imageDigest"])


def test_a_commit_that_is_there_in_full_is_not_the_beginning_of_another():
    images = [image(1, ONE[:7]), image(2, ONE)]
    assert choose(ONE[:7], URI, images).digest == images[0]["imageDigest"]


def test_a_beginning_of_several_is_refused_with_all_of_them():
    with pytest.raises(InputError, match=rf"beginning of 2 commits.*{ONE}, {TWO}\. Give more"):
        choose(ONE[:7], URI, [image(1, TWO), image(2, ONE)])


def test_an_image_of_a_dirty_tree_is_not_the_commits():
    with pytest.raises(InputError, match="has no image"):
        choose(ONE, URI, [image(1, f"{ONE}-dirty-1"), image(2, "released-" + ONE)])


def test_a_missing_one_says_where_was_looked_and_what_is_there():
    with pytest.raises(InputError) as refusal:
        choose("abcdef0", URI, [image(number, f"v{number}") for number in range(1, 8)])
    for words in (
        "release_commit 'abcdef0' has no image",
        "repository team/calstack of account 123456789012, eu-west-1",
        "The newest tags there: v7, v6, v5, v4, v3.",
        "playbooks/build.yml",
        "Nothing has been changed",
    ):
        assert words in str(refusal.value)


def test_an_empty_repository_says_so():
    with pytest.raises(InputError, match="No image has a tag there"):
        choose("abcdef0", URI, [])


@given(st.lists(st.from_regex(r"[0-9a-f]{40}", fullmatch=True), min_size=1, max_size=8, unique=True), st.data())
def test_what_is_chosen_begins_with_what_was_asked_for(commits, data):
    images = [image(number + 1, commit) for number, commit in enumerate(commits)]
    asked = data.draw(st.sampled_from(commits))[: data.draw(st.integers(7, 40))]
    fitting = [commit for commit in commits if commit.startswith(asked)]
    if len(fitting) > 1:
        with pytest.raises(InputError):
            choose(asked, URI, images)
    else:
        built = choose(asked, URI, images)
        assert [built.commit] == fitting
        assert built.digest == images[commits.index(built.commit)]["imageDigest"]
