"""playbooks/build.yml against an emulated ECR, with an engine that notes how it is called."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from conftest import CHECKOUT
from moto.server import ThreadedMotoServer

FAKE = Path(__file__).with_name("fake_engine.py")
URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack"


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


class Desk:
    """A person's machine: an application in git, an engine, the emulated account."""

    def __init__(self, folder, endpoint):
        self.app, self.notes, self._bin = folder / "app", folder / "notes", folder / "bin"
        self.app.mkdir()
        self._bin.mkdir()
        self.shell = os.environ | {
            "PATH": f"{self._bin}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:9",
            "COLUMNS": "10000",
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        self.ecr = boto3.client(
            "ecr",
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for engine in ("docker", "podman", "skopeo"):
            self.have(engine)

    def have(self, engine):
        path = self._bin / engine
        path.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} {engine} {self.notes} "$@"\n')
        path.chmod(0o755)

    def commit(self):
        (self.app / "app.py").write_text("app = None\n")
        (self.app / "requirements.txt").write_text("")
        who = ["-c", "user.name=x", "-c", "user.email=x@example.test"]
        for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "First", "--no-gpg-sign"]):
            self.git(*words)
        return self.git("rev-parse", "HEAD")

    def git(self, *words):
        done = subprocess.run(["git", "-C", self.app, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def build(self, *words, **given):
        given = {"build_repository_uri": URI, "build_context": str(self.app)} | given
        command = ["ansible-playbook", "playbooks/build.yml", "-i", "inventories/local", "-vvv", *words]
        command += ["-e", json.dumps(given)]
        done = subprocess.run(command, cwd=CHECKOUT, env=self.shell, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    @property
    def calls(self):
        return [json.loads(line) for line in self.notes.read_text().splitlines()] if self.notes.exists() else []

    @property
    def said(self):
        """The words of the calls, but for the questions that begin a run."""
        return [" ".join(call["words"]) for call in self.calls if call["words"][0] not in ("info", "--version")]

    def tags(self):
        return {item.get("imageTag") for item in self.ecr.list_images(repositoryName="calstack")["imageIds"]}


@pytest.fixture
def desk(tmp_path, endpoint):
    made = Desk(tmp_path, endpoint)
    made.ecr.create_repository(repositoryName="calstack", imageTagMutability="IMMUTABLE")
    yield made
    made.ecr.delete_repository(repositoryName="calstack", force=True)


def test_a_commit_becomes_an_image_with_its_tag_once(desk):
    commit = desk.commit()
    code, text = desk.build()
    assert code == 0, text
    assert desk.tags() == {commit}
    digest = desk.ecr.describe_images(repositoryName="calstack")["imageDetails"][0]["imageDigest"]
    assert f"digest: {digest}" in text
    assert f"-i inventories/local -e release_commit={commit}" in text
    login, _version, build, logout = desk.said
    registry = URI.partition("/")[0]
    assert (login, logout) == (f"login --username AWS --password-stdin {registry}", f"logout {registry}")
    assert build.startswith("buildx build --file ")
    assert f"--tag {URI}:{commit} " in build
    assert build.endswith(f" --push {desk.app}")
    desk.notes.unlink()
    code, text = desk.build()
    assert code == 0, text
    assert desk.said == []
    assert "there already" in text


def test_the_password_is_said_to_the_engine_only(desk):
    desk.commit()
    code, text = desk.build()
    assert code == 0, text
    (secret,) = [call["stdin"].strip() for call in desk.calls if call["stdin"]]
    token = desk.ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    assert secret == base64.b64decode(token).decode().partition(":")[2]
    assert secret not in " ".join(word for call in desk.calls for word in call["words"])
    assert f'"{secret}"' not in text
    assert token not in text


def test_check_mode_pushes_nothing(desk):
    commit = desk.commit()
    code, text = desk.build("--check")
    assert code == 0, text
    assert f"would build {URI}:{commit}" in text
    assert desk.said == []
    assert desk.tags() == set()


def test_changes_that_are_in_no_commit_are_refused_or_get_a_tag_of_their_own(desk):
    commit = desk.commit()
    (desk.app / "app.py").write_text("app = 1\n")
    code, text = desk.build()
    assert code == 2
    assert "has changes that are in no commit: M app.py" in text
    assert desk.said == []
    code, text = desk.build(build_allow_dirty=True)
    assert code == 0, text
    (tag,) = desk.tags()
    assert tag.startswith(f"{commit}-dirty-")
    assert f"-e release_image={URI}@sha256:" in text


def test_podman_builds_and_then_pushes(desk):
    commit = desk.commit()
    code, text = desk.build(build_engine="podman")
    assert code == 0, text
    assert {call["engine"] for call in desk.calls} == {"podman"}
    assert f"push {URI}:{commit}" in desk.said
    assert "--push" not in " ".join(desk.said)
    assert desk.tags() == {commit}


@pytest.mark.parametrize(
    ("generator", "option"), [("", "--sbom=true"), ("mine/scanner@sha256:1", "--sbom=generator=mine/scanner@sha256:1")]
)
def test_attestations_come_from_the_generator_that_the_environment_names(desk, generator, option):
    desk.commit()
    desk.shell["SBOM_GENERATOR"] = generator
    code, text = desk.build(build_attest=True)
    assert code == 0, text
    assert f"{option} --provenance=mode=max" in " ".join(desk.said)


def test_an_archive_is_pushed_as_it_is(desk, tmp_path):
    archive, commit = tmp_path / "image.tar", "3f1c9ab" + "0" * 33
    archive.write_text("")
    code, text = desk.build(build_context="", build_archive=str(archive), build_commit=commit)
    assert code == 0, text
    assert f"copy --all --preserve-digests oci-archive:{archive} docker://{URI}:{commit}" in desk.said
    assert desk.tags() == {commit}


def test_who_fails_is_logged_out_all_the_same(desk):
    desk.commit()
    desk.shell["FAKE_ENGINE_FAILS"] = "buildx"
    code, _text = desk.build()
    assert code == 2
    assert desk.said[-1].startswith("logout")
    assert desk.tags() == set()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"build_context": ""}, "build_context is empty, so there is nothing to build"),
        ({"build_context": "/nowhere"}, "build_context is /nowhere, and there is no such folder"),
        ({"build_commit": "main"}, "build_commit is main, and that is no commit"),
        ({"build_engine": "lxc"}, "build_engine is lxc: give docker or podman"),
        ({"build_engine": "podman", "build_attest": True}, "build_attest needs docker"),
    ],
)
def test_what_cannot_be_built_is_said_by_the_variables_name(desk, given, words):
    desk.commit()
    code, text = desk.build(**given)
    assert code == 2
    assert words in " ".join(text.split())
    assert "Nothing has been changed" in text
    assert desk.said == []


def test_without_an_engine_it_says_what_to_do(desk):
    desk.commit()
    desk.shell["FAKE_ENGINE_FAILS"] = "info"
    code, text = desk.build()
    assert code == 2
    assert "docker does not answer here (no route to host). Install it or start it" in text
    assert desk.said == []


def test_what_is_no_git_checkout_is_refused(desk):
    code, text = desk.build()
    assert code == 2
    assert "is no git checkout with a commit" in text


def test_a_repository_that_is_not_there_says_what_to_run(desk):
    desk.commit()
    code, text = desk.build(build_repository_uri=URI.replace("calstack", "other"))
    assert code == 2
    assert "site.yml --limit ecr" in text
    assert desk.said == []
