"""The pipeline does what people can do: its steps call this repository, pinned, with few rights, and no stored key."""

import os
import re

import pytest
import yaml
from conftest import CHECKOUT

WORKFLOWS = sorted(CHECKOUT.glob(".github/workflows/*.yml"))
ACTIONS = sorted(CHECKOUT.glob(".github/actions/*/action.yml"))
FILES = WORKFLOWS + ACTIONS
LINE = re.compile(r"(?:make (?P<target>[a-z-]+)|(?P<script>scripts/[\w.-]+)( .*)?|ansible-playbook .*)")
CHECKOUT_TOKEN = "${{ secrets.checkout_token || github.token }}"
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def load(path):
    return yaml.safe_load(path.read_text())


def jobs(path):
    return load(path).get("jobs", {})


def steps(path):
    content = load(path)
    listed = [content["runs"]] if "runs" in content else content["jobs"].values()
    return [step for job in listed for step in job["steps"]]


def test_there_are_workflows():
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "deploy.yml"]
    assert ACTIONS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
class TestFile:
    def test_each_step_that_runs_is_one_line_that_a_laptop_can_run(self, path):
        targets = re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
        for line in (step["run"] for step in steps(path) if "run" in step):
            match = LINE.fullmatch(line.strip())
            assert match, line
            assert "${{" not in line, f"{line}: what is put into a line by GitHub can be a command; give it by env"
            assert not match["target"] or match["target"] in targets, line
            assert not match["script"] or os.access(CHECKOUT / match["script"], os.X_OK), line

    def test_actions_are_pinned_by_commit_with_their_version_beside(self, path):
        used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines() if "uses:" in line]
        assert used
        for line in used:
            assert PINNED.fullmatch(line) or line.startswith("uses: ./.github/actions/"), line

    def test_one_version_of_an_action_everywhere(self, path):
        texts = "\n".join(file.read_text() for file in FILES)
        for name in re.findall(r"uses: ([\w./-]+)@", path.read_text()):
            assert len(set(re.findall(rf"uses: {re.escape(name)}@(\w+)", texts))) == 1, name

    def test_no_checkout_leaves_its_token(self, path):
        for step in steps(path):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False

    def test_no_secret_is_stored(self, path):
        """But for the one that reads private repositories, which only checkouts are given."""
        text = path.read_text()
        for word in ("aws-access-key-id", "aws-secret-access-key"):
            assert word not in text
        checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
        given = [step["with"]["token"] for step in checkouts if "token" in step["with"]]
        assert set(given) <= {CHECKOUT_TOKEN}
        assert text.count("secrets.") + text.count("secrets[") == len(given)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestWorkflow:
    def test_permissions_are_given_to_jobs_one_by_one(self, path):
        assert load(path)["permissions"] == {}
        for name, job in jobs(path).items():
            assert job["permissions"].keys() <= {"contents", "id-token"}, name
            assert job["permissions"]["contents"] == "read", name
            assert job["timeout-minutes"] <= 120, name

    def test_who_can_ask_for_credentials_is_let_in_by_a_github_environment(self, path):
        for name, job in jobs(path).items():
            assert ("id-token" in job["permissions"]) == ("environment" in job), name


def test_changes_cancel_one_another_only_before_they_are_merged():
    guard = load(CHECKOUT / ".github/workflows/ci.yml")["concurrency"]
    assert "github.ref" in guard["group"]
    assert guard["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


def test_one_release_at_a_time_in_each_environment_and_none_is_broken_off():
    """A production job that waits for its approval keeps no other commit from staging."""
    deploy = load(CHECKOUT / ".github/workflows/deploy.yml")
    assert "concurrency" not in deploy
    assert "concurrency" not in deploy["jobs"]["build"]
    for name in ("staging", "prod"):
        guard = deploy["jobs"][name]["concurrency"]
        assert guard["group"] == "deploy-${{ inputs.app_repository || github.repository }}-" + name
        assert guard["cancel-in-progress"] is False


def test_the_token_for_private_repositories_is_given_to_every_checkout_and_need_not_be():
    path = CHECKOUT / ".github/workflows/deploy.yml"
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["token"] for step in checkouts] == [CHECKOUT_TOKEN] * 4
    assert load(path)[True]["workflow_call"]["secrets"]["checkout_token"]["required"] is False


def test_platform_and_bases_are_variables_of_the_repository():
    build = jobs(CHECKOUT / ".github/workflows/deploy.yml")["build"]
    for name in ("PLATFORM", "BUILD_IMAGE", "PYTHON_IMAGE"):
        assert build["env"][name] == f"${{{{ vars.{name} }}}}"
    assert "PLATFORM:-" in (CHECKOUT / "scripts/image-archive").read_text()
    image = jobs(CHECKOUT / ".github/workflows/ci.yml")["image"]
    assert {"BUILD_IMAGE", "PYTHON_IMAGE"} <= image["env"].keys()


def test_an_image_job_that_tests_nothing_fails():
    image = jobs(CHECKOUT / ".github/workflows/ci.yml")["image"]
    (made,) = [step for step in image["steps"] if step.get("run") == "make image"]
    assert made["env"] == {"IMAGE_REQUIRED": "1"}


def test_the_image_that_was_built_is_not_unpacked_over_the_checkout_and_outlives_an_approval():
    release = {step["name"]: step for step in steps(CHECKOUT / ".github/actions/release/action.yml")}
    assert release["Fetch the image"]["with"]["path"] == "${{ runner.temp }}/image"
    assert "build_archive='$RUNNER_TEMP/image/image.tar'" in release["Push"]["run"]
    build = {step["name"]: step for step in jobs(CHECKOUT / ".github/workflows/deploy.yml")["build"]["steps"]}
    assert build["Hand it on"]["with"]["path"] == "image.tar"
    assert build["Hand it on"]["with"]["retention-days"] == 30


def test_what_comes_after_an_environment_rests_on_the_commit_being_stable_there():
    release = {step["name"]: step for step in steps(CHECKOUT / ".github/actions/release/action.yml")}
    assert release["Smoke"]["run"] == 'scripts/play smoke "$ENVIRONMENT" -e release_commit="$COMMIT"'
    assert release["Smoke"]["env"]["COMMIT"] == "${{ inputs.commit }}"


def test_what_is_built_is_built_once_without_credentials_and_goes_through_staging():
    deploy = jobs(CHECKOUT / ".github/workflows/deploy.yml")
    assert {name: job.get("needs") for name, job in deploy.items()} == {
        "build": None,
        "staging": "build",
        "prod": "staging",
    }
    assert deploy["build"]["permissions"] == {"contents": "read"}
    for name in ("staging", "prod"):
        assert deploy[name]["environment"] == name
        assert (CHECKOUT / "inventories" / name / "hosts.yml").exists()
        *_, release = deploy[name]["steps"]
        assert release["with"]["environment"] == name


def test_credentials_last_as_long_as_the_role_lets_them():
    from ansible_collections.calstack.aws.plugins.module_utils._delivery.model import SESSION_SECONDS

    (asked,) = [
        step["with"]["role-duration-seconds"]
        for step in steps(CHECKOUT / ".github/actions/release/action.yml")
        if "configure-aws-credentials" in step.get("uses", "")
    ]
    assert asked == SESSION_SECONDS


def test_the_report_is_kept_whatever_the_release_came_to():
    names = {step["name"]: step for step in steps(CHECKOUT / ".github/actions/release/action.yml")}
    assert names["Report"]["if"] == names["Keep the whole report"]["if"] == "always()"
