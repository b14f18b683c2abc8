"""Projects against the lab's Atlas."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas import project
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import GET_PROJECT_BY_NAME
from ansible_collections.calstack.aws.plugins.module_utils._atlas.project import converged, organization
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from atlas_account import AtlasAccount, project_in

from lab.atlas.credentials import ORGANIZATION
from lab.atlas.world import DELETING, IDLE, Cluster

OURS = {"calstack:environment": "dev", "calstack:stack": "calstack-dev"}


@pytest.fixture
def atlas():
    return AtlasAccount()


def site(atlas, *, check=False, **given):
    params = {"name": "calstack-dev", "state": "present", "org_id": None, "tags": OURS, **given}
    return converged(atlas.api, params, check=check, clock=atlas.clock, sleep=atlas.sleep)


def actions(done):
    return [change.action for change in done.result.changes]


def test_it_is_created_with_its_tags_and_not_changed_again(atlas):
    done = site(atlas)
    assert actions(done) == ["create"]
    assert atlas.world.projects[done.project_id].tags == [
        {"key": "calstack.environment", "value": "dev"},
        {"key": "calstack.stack", "value": "calstack-dev"},
    ]
    again = site(atlas, tags={"calstack:environment": "other"})
    assert (actions(again), again.project_id) == ([], done.project_id)
    assert atlas.writes() == ["createProject"]


def test_a_dry_run_creates_nothing(atlas):
    done = site(atlas, check=True)
    assert (actions(done), done.project_id) == (["create"], KNOWN_AFTER_APPLY)
    assert atlas.writes() == []


def test_a_project_that_was_there_before_is_used_as_it_is(atlas):
    ident = project_in(atlas)
    done = site(atlas)
    assert (actions(done), done.project_id) == ([], ident)
    assert atlas.project().tags == []


def test_it_is_deleted_if_it_is_ours(atlas):
    site(atlas)
    assert actions(site(atlas, state="absent", check=True)) == ["delete"]
    done = site(atlas, state="absent")
    assert (actions(done), done.project_id) == (["delete"], "")
    assert atlas.world.projects == {}
    assert actions(site(atlas, state="absent")) == []


@pytest.mark.parametrize("tags", [{}, OURS | {"calstack:environment": "prod"}])
def test_it_is_left_alone_if_it_is_not(atlas, tags):
    project_in(atlas, "calstack-dev", **tags)
    done = site(atlas, state="absent")
    assert actions(done) == []
    assert "project calstack-dev does not carry the tags" in done.warnings[0]
    assert atlas.project()


def test_only_tags_of_ownership_say_whose_it_is(atlas):
    project_in(atlas, "calstack-dev", **OURS)
    assert actions(site(atlas, state="absent", tags=OURS | {"owner": "me"})) == ["delete"]


def test_while_something_is_in_it_the_message_says_so(atlas):
    site(atlas)
    atlas.project().clusters["c"] = cluster()
    began = atlas.now
    with pytest.raises(AtlasError, match="Delete its clusters and private endpoints first") as refusal:
        site(atlas, state="absent")
    assert refusal.value.code == "CANNOT_CLOSE_GROUP_ACTIVE_ATLAS_CLUSTERS"
    assert atlas.now == began


def cluster(state=IDLE, due=0.0):
    return Cluster("0" * 24, "c", "FLEX", 0, {"tags": []}, state, due)


def test_what_is_on_its_way_out_is_waited_for(atlas):
    site(atlas)
    atlas.project().clusters["c"] = cluster(DELETING, atlas.now + 60)
    assert actions(site(atlas, state="absent")) == ["delete"]
    assert atlas.world.projects == {}


def test_but_not_for_ever(atlas):
    site(atlas)
    atlas.project().clusters["c"] = cluster(DELETING, atlas.now + 600)
    began = atlas.now
    with pytest.raises(AtlasError, match="something is still in it"):
        site(atlas, state="absent")
    assert 110 <= atlas.now - began <= 140


@pytest.mark.parametrize("tags", [{"owner": "a:b"}, {"a/b": "c"}, {"calstack:stack": "x" * 256}, {"a": ""}])
@pytest.mark.parametrize("check", [True, False])
def test_a_tag_that_atlas_does_not_take_is_refused_before_anything_is_done(atlas, tags, check):
    with pytest.raises(InputError, match="what Atlas does not take"):
        site(atlas, tags=OURS | tags, check=check)
    assert atlas.writes() == []


def test_a_project_that_atlas_makes_although_it_refuses_is_told_about(atlas, monkeypatch):
    monkeypatch.setattr(project, "checked", dict)
    with pytest.raises(AtlasError, match="The project calstack-dev is there all the same") as refusal:
        site(atlas, tags={"owner": "a:b"})
    assert refusal.value.status == 400
    assert atlas.project().tags == []


def test_who_may_belong_to_another_organization_is_told_so(atlas, monkeypatch):
    call = atlas.api.call

    def outside(operation, **given):
        if operation == GET_PROJECT_BY_NAME and given["name"] not in [
            one.name for one in atlas.world.projects.values()
        ]:
            raise AtlasError("401", status=401, code="NOT_IN_GROUP")
        return call(operation, **given)

    monkeypatch.setattr(atlas.api, "call", outside)
    (warning,) = site(atlas, state="absent").warnings
    assert f"CalStack lab ({ORGANIZATION})" in warning
    assert "project calstack-dev was taken as not there" in warning
    site(atlas)
    assert site(atlas, state="absent").warnings == ()


def test_the_organization_may_be_named(atlas):
    assert actions(site(atlas, org_id=ORGANIZATION)) == ["create"]


@pytest.mark.parametrize(
    ("organizations", "words"),
    [
        ([], "these credentials see no organization"),
        ([{"id": "1", "isDeleted": True}], "these credentials see no organization"),
        ([{"id": "1", "name": "a"}, {"id": "2", "name": "b"}], r"2 organizations: a \(1\), b \(2\)"),
    ],
)
def test_the_organization_must_be_named_where_it_is_not_clear(organizations, words):
    with pytest.raises(InputError, match=words) as refusal:
        organization(organizations)
    assert "atlas_org_id" in str(refusal.value)


def test_the_organization_is_missed_before_anything_is_done(atlas, monkeypatch):
    monkeypatch.setattr(atlas.api, "every", lambda operation, **path: [])
    with pytest.raises(InputError):
        site(atlas, check=True)


def test_an_empty_name_is_refused(atlas):
    with pytest.raises(InputError, match="atlas_project_name is empty"):
        site(atlas, name=" ")


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("mode", ["refuse", "gone"])
def test_a_refusal_is_never_read_as_absent(atlas, mode, state):
    project_in(atlas)
    atlas.faults["getProjectByName"] = [mode]
    with pytest.raises(AtlasError):
        site(atlas, state=state)


def test_an_organization_that_is_asked_for_must_be_one_that_the_credentials_see():
    seen = [{"id": "6a", "name": "Ours"}, {"id": "6b", "name": "Theirs"}, {"id": "6c", "isDeleted": True}]
    assert organization(seen, "6b") == "6b"
    for asked in ("6c", "6d"):
        with pytest.raises(InputError, match=rf"{asked} \(atlas_org_id\).* see Ours \(6a\), Theirs \(6b\)"):
            organization(seen, asked)
