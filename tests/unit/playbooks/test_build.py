"""playbooks/build.yml against an emulated ECR, with an engine that notes how it is called."""

import base64
import hashlib
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
        for engine in ("docker", "skopeo"):
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
    assert " --push " in build
    assert str(desk.app) not in build  # but a copy of the commit
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


def test_it_is_built_for_the_processor_that_the_tasks_have(desk):
    desk.commit()
    code, text = desk.build(build_options=[])
    assert code == 0, text
    assert " --platform=linux/amd64 " in desk.said[2]
    desk.ecr.batch_delete_image(repositoryName="calstack", imageIds=[{"imageTag": tag} for tag in desk.tags()])
    desk.notes.unlink()
    code, text = desk.build(build_options=[], ecs_cpu_architecture="ARM64")
    assert code == 0, text
    assert " --platform=linux/arm64 " in desk.said[2]


@pytest.mark.parametrize("own", [["--platform", "linux/arm64"], ["--platform=linux/amd64,linux/arm64"]])
def test_a_platform_of_ones_own_comes_first(desk, own):
    desk.commit()
    code, text = desk.build(build_options=own)
    assert code == 0, text
    assert " ".join(own) in desk.said[2]
    assert desk.said[2].count("--platform") == 1


class Archive:
    """An image that was built elsewhere, at a path with a blank."""

    def __init__(self, folder):
        (folder / "my files").mkdir()
        self.path, self.commit = folder / "my files" / "image.tar", "3f1c9ab" + "0" * 33
        self.write('{"manifests": ["first"]}\n')

    def write(self, text):
        self.path.write_text(text)
        self.digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    @property
    def given(self):
        return {"build_context": "", "build_archive": str(self.path), "build_commit": self.commit}


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path)


def test_an_archive_is_pushed_as_it_is_once(desk, archive):
    code, text = desk.build(**archive.given)
    assert code == 0, text
    copied = f"oci-archive:{archive.path} docker://{URI}:{archive.commit}"
    assert f"copy --all --preserve-digests --dest-tls-verify=true {copied}" in desk.said
    assert desk.tags() == {archive.commit}
    assert f"digest: {archive.digest}" in text
    desk.notes.unlink()
    code, text = desk.build(**archive.given)
    assert code == 0, text
    assert desk.said == [f"inspect --raw oci-archive:{archive.path}"]
    assert "there already" in text


def test_another_archive_of_a_commit_that_is_there_is_refused(desk, archive):
    """All jobs were run again: production would get what staging has not seen."""
    code, text = desk.build(**archive.given)
    assert code == 0, text
    first = archive.digest
    archive.write('{"manifests": ["second"]}\n')
    desk.notes.unlink()
    for options in (["--check"], []):
        code, text = desk.build(*options, **archive.given)
        assert code == 2
        words = " ".join(text.split())
        assert f"{URI}:{archive.commit} is there already, as {first}, and {archive.path} is {archive.digest}" in words
        assert "re-run the failed jobs only" in words
        assert "Nothing has been changed" in words
    assert {word.partition(" ")[0] for word in desk.said} == {"inspect"}


def test_an_archive_that_came_out_as_another_image_is_said(desk, archive):
    desk.shell["FAKE_ENGINE_PUSHES"] = "something else"
    code, text = desk.build(**archive.given)
    assert code == 2
    assert f"is {archive.digest}, but ECR has sha256:" in text


def test_what_is_no_archive_is_refused(desk, archive):
    archive.write("")
    code, text = desk.build(**archive.given)
    assert code == 2
    assert (
        f"build_archive is {archive.path}, and skopeo cannot read it as an OCI archive of one image (unexpected EOF)"
        in text
    )
    assert desk.tags() == set()


def test_skopeos_login_is_in_a_file_of_the_run_and_gone_afterwards(desk, archive):
    code, text = desk.build(**archive.given)
    assert code == 0, text
    (login,) = {call["login"] for call in desk.calls if call["words"][0] in ("login", "copy")}
    assert login
    assert not Path(login).parent.exists()
    assert "logout" not in " ".join(desk.said)
    desk.ecr.batch_delete_image(repositoryName="calstack", imageIds=[{"imageTag": archive.commit}])
    desk.shell["FAKE_ENGINE_FAILS"] = "copy"
    code, _text = desk.build(**archive.given)
    assert code == 2
    logins = {call["login"] for call in desk.calls if call["words"][0] == "login"}
    assert len(logins) == 2
    assert not [login for login in logins if Path(login).parent.exists()]


def test_a_path_with_a_blank_is_given_in_quotes(desk, archive):
    """As the pipeline gives it: what -e takes is split at blanks."""
    code, text = desk.build("-e", f"build_archive='{archive.path}'", build_context="", build_commit=archive.commit)
    assert code == 0, text
    assert desk.tags() == {archive.commit}


@pytest.mark.parametrize("commit", ["main", "3f1c9ab", "3F1C9AB" + "0" * 33, "3f1c9ab" + "0" * 34, ""])
def test_an_archive_needs_a_commit_in_full(desk, archive, commit):
    code, text = desk.build(**archive.given | {"build_commit": commit})
    assert code == 2
    assert f"build_commit is {commit or 'empty'}, and that is no commit in full" in text
    assert desk.said == []


def test_a_folder_goes_by_the_commit_that_is_checked_out(desk):
    commit = desk.commit()
    code, text = desk.build(build_commit="3f1c9ab" + "0" * 33)
    assert code == 2
    assert f"but {desk.app} is at {commit}: its image would go by another commit's name" in text
    (desk.app / "app.py").write_text("app = 1\n")
    for given in ({}, {"build_allow_dirty": True}):
        code, text = desk.build(build_commit=commit, **given)
        assert code == 2
        assert "has changes that are in no commit: M app.py" in text
    assert desk.said == []
    desk.git("checkout", "--quiet", "app.py")
    code, text = desk.build(build_commit=commit)
    assert code == 0, text
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
        ({"build_commit": "main"}, "build_commit is main, and that is no commit in full"),
        ({"build_engine": "lxc"}, "lxc does not answer here"),
        (
            {"build_engine": "/usr/bin/podman"},
            "build_engine is /usr/bin/podman: images are built by docker with buildx",
        ),
        ({"ecs_cpu_architecture": "arm64"}, "ecs_cpu_architecture is arm64: give X86_64 or ARM64"),
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
