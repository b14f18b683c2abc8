"""Which project is meant, and that a refusal is never taken for "there is none"."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import projects
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import scope_of, with_project
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import api
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from atlas_fake import PROJECT, connection, fake_atlas, refused


@pytest.fixture
def fake():
    with fake_atlas() as made:
        yield made


@pytest.fixture
def atlas(fake):
    return api(connection(fake))


def test_by_name_and_by_id(atlas):
    assert projects.by_name(atlas, "calstack-dev")["id"] == PROJECT
    assert projects.by_id(atlas, PROJECT)["name"] == "calstack-dev"
    assert projects.by_name(atlas, "other") is None
    assert projects.by_id(atlas, "0" * 24) is None


@pytest.mark.parametrize(("there", "found"), [(["calstack-dev"], PROJECT), ([], None)])
def test_where_a_refusal_may_mean_that_there_is_none_the_list_decides(fake, atlas, there, found):
    fake.projects = there
    # Twice: the token is renewed after the first.
    fake.scripted = [("GET .*byName", refused(401, "NOT_IN_GROUP"))] * 2
    assert (projects.by_name(atlas, "calstack-dev") or {}).get("id") == found


@pytest.mark.parametrize(
    "answer",
    [
        refused(401, "UNAUTHORIZED"),
        refused(403, "USER_UNAUTHORIZED"),
        refused(410, "VERSION_GONE"),
        refused(404, "RESOURCE_GONE_ELSEWHERE"),
    ],
)
def test_a_refusal_is_an_error(fake, atlas, answer):
    fake.scripted = [("GET .*groups", answer)] * 4
    for ask in (lambda: projects.by_name(atlas, "calstack-dev"), lambda: projects.by_id(atlas, PROJECT)):
        with pytest.raises(AtlasError):
            ask()


@pytest.mark.parametrize("asked", [{"project_name": "calstack-dev"}, {"project_id": PROJECT}])
def test_the_options_get_id_and_name(atlas, asked):
    params = with_project(atlas, {"state": "present", **asked}, check=False)
    assert (params["project_id"], params["project_name"]) == (PROJECT, "calstack-dev")


@pytest.mark.parametrize(
    ("asked", "check", "planned"),
    [
        ({"project_name": "other", "state": "present"}, True, True),
        ({"project_name": "other", "state": "absent"}, False, True),
        ({"project_name": "other", "state": "present"}, False, False),
        ({"project_id": KNOWN_AFTER_APPLY, "state": "present"}, True, True),
        ({"project_id": KNOWN_AFTER_APPLY, "state": "present"}, False, False),
        ({"project_id": "0" * 24, "state": "present"}, False, False),
    ],
)
def test_a_project_that_is_not_there_can_be_planned_with_but_not_worked_in(atlas, asked, check, planned):
    if planned:
        assert with_project(atlas, asked, check=check)["project_id"] == KNOWN_AFTER_APPLY
    else:
        with pytest.raises(InputError, match="atlas_project_name"):
            with_project(atlas, asked, check=check)


def test_the_tags_say_whose_it_is():
    tags = {"calstack:environment": "dev", "calstack:stack": "calstack-dev"}
    assert scope_of({"tags": tags, "project_name": "p"}).ownership == tags | {"calstack:component": "atlas"}
    assert scope_of({"project_name": "p"}).stack == "p"
