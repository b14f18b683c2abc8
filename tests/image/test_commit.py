"""From a commit to live, on a lab whose tasks are containers, by the playbooks that the pipeline calls."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.settings import CHECKOUT, DOCKER, Settings
from tests.chaos.users import users
from tests.image import engine
from tests.integration.laboratory import Laboratory

EXAMPLE = CHECKOUT / "docker" / "example"
QUICK = json.dumps(
    {
        "release_strategy": {"type": "steps", "steps": [{"weight": 50, "bake": 5}], "final_bake": 5},
        # Without the gate on latency: what else this machine does is no candidate's fault.
        "release_gates": {"period": 1, "error_rate": {"minimum_requests": 5}, "latency": None},
    }
)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The example, released as calstack:1.0.0."""
    home = tmp_path_factory.mktemp("lab")
    cache = CHECKOUT / ".cache/lab"
    own = Laboratory(Settings(home=home, network="127.99", cache=cache, runner=DOCKER, engine=engine.DOCKER))
    try:
        own.up()
        own.lab("image", "calstack:1.0.0", "--source", str(EXAMPLE))
        own.play("site.yml")
        yield own
    finally:
        own.lab("down")


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A checkout of the example, with a commit."""
    folder = tmp_path / "application"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Developer", "-c", "user.email=developer@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", folder, *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")
    return git(folder, "rev-parse", "HEAD")


def build(laboratory: Laboratory, application: Path) -> str:
    """The digest of what was built and pushed."""
    said = laboratory.play("playbooks/build.yml", "-e", f"build_context={application}")
    found = re.search(r"digest: (sha256:[0-9a-f]{64})", said)
    assert found, said
    return found[1]


def test_a_commit_becomes_the_version_that_answers_and_no_request_is_lost(
    laboratory: Laboratory, application: Path
) -> None:
    template = application / "templates" / "index.html"
    template.write_text(template.read_text().replace("<h1>", "<h1>Now: ", 1))
    sha = commit(application)
    digest = build(laboratory, application)
    with users(laboratory.shell["LAB_URL"], laboratory.shell["LAB_CA"]) as people:
        said = laboratory.play("playbooks/release.yml", "-e", f"release_commit={sha[:9]}", "-e", QUICK)
    assert " promoted in " in said
    assert not people.failed
    assert {answer.version for answer in people.answers} == {"1.0.0", sha}
    with laboratory.web() as web:
        page = web.get("/")
    assert page.headers["X-App-Version"] == sha
    assert "<h1>Now: " in page.text
    assert digest in running(laboratory)
    assert f"as version {sha}" in laboratory.play(
        "playbooks/smoke.yml", "-e", f"smoke_url={laboratory.shell['LAB_URL']}"
    )
    assert "there already" in laboratory.play("playbooks/build.yml", "-e", f"build_context={application}")


def test_a_commit_that_does_not_start_is_seen_by_nobody(laboratory: Laboratory, application: Path) -> None:
    (application / "app.py").write_text("import no_such_module\n")
    sha = commit(application)
    digest = build(laboratory, application)
    with laboratory.web() as web:
        before = web.get("/").headers["X-App-Version"]
    with users(laboratory.shell["LAB_URL"], laboratory.shell["LAB_CA"]) as people:
        said = laboratory.play("playbooks/release.yml", "-e", f"release_commit={sha}", "-e", QUICK, code=2)
    assert "exit code 3" in said
    assert "aws logs tail /calstack-local/app --since" in said
    assert not people.failed
    assert {answer.version for answer in people.answers} == {before}
    assert digest not in running(laboratory)


def test_a_commit_that_nobody_has_built(laboratory: Laboratory) -> None:
    said = laboratory.play("playbooks/release.yml", "-e", "release_commit=0123456789", code=2)
    assert "release_commit '0123456789' has no image" in " ".join(said.split())


def running(laboratory: Laboratory) -> set[str]:
    """The digests that the environment's tasks run."""
    ecs = laboratory.client("ecs")
    tasks = ecs.list_tasks(cluster="calstack-local", desiredStatus="RUNNING")["taskArns"]
    found = ecs.describe_tasks(cluster="calstack-local", tasks=tasks)["tasks"]
    return {container["imageDigest"] for task in found for container in task["containers"]}
