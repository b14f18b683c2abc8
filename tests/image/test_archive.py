"""scripts/image-archive with a builder that attests, and its archive in a registry: the same digest on both sides."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.settings import CHECKOUT
from tests.image import engine

INDEX = "application/vnd.oci.image.index.v1+json"
SPDX, PROVENANCE = "https://spdx.dev/Document", "https://slsa.dev/provenance/"
# What BuildKit asks of a generator: https://github.com/moby/buildkit/blob/master/docs/attestations/sbom-protocol.md
GENERATOR = """
import email, json, os, pathlib
found = [
    email.message_from_string(file.read_text())
    for file in pathlib.Path(os.environ["BUILDKIT_SCAN_SOURCE"]).rglob("*.dist-info/METADATA")
]
packages = [{"name": one["Name"], "versionInfo": one["Version"]} for one in found]
statement = {"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document"}
statement["predicate"] = {"spdxVersion": "SPDX-2.3", "packages": packages}
pathlib.Path(os.environ["BUILDKIT_SCAN_DESTINATION"], "sbom.spdx.json").write_text(json.dumps(statement))
"""
NAME = f"calstack-archive-test-{os.getpid()}"


def missing() -> str:
    """Why nothing can be attested here; empty when it can."""
    if "io.containerd.snapshotter" in engine.docker("info", "--format", "{{.DriverStatus}}").stdout:
        return ""
    return "the engine does not keep its images in containerd, so its own builder cannot attest"


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The one that the environment names, or a small one that lists Python's packages."""
    if reason := missing():
        pytest.skip(reason)
    if given := os.environ.get("SBOM_GENERATOR"):
        yield given
        return
    folder, name = tmp_path_factory.mktemp("generator"), f"{NAME}:generator"
    (folder / "generator.py").write_text(GENERATOR)
    base = os.environ.get("PYTHON_IMAGE", "docker.io/library/python:3.12-slim-trixie")
    lines = [f"FROM {base}", "COPY generator.py /", 'ENTRYPOINT ["python", "/generator.py"]', ""]
    (folder / "Dockerfile").write_text("\n".join(lines))
    engine.docker("buildx", "build", "--load", "--tag", name, str(folder))
    yield name
    engine.docker("image", "rm", name, check=False)


class Archive:
    """The example's, built twice, the second time with the cache of the first."""

    def __init__(self, folder: Path, generator: str) -> None:
        self.file, self.cache, self.name = folder / "image.tar", folder / "cache", f"{NAME}:1.2.3"
        environment = {**os.environ, "SBOM_GENERATOR": generator}
        command = [CHECKOUT / "scripts" / "image-archive", CHECKOUT / "docker" / "example"]
        self.words: list[str] = []
        self.images: list[str] = []
        for _time in range(2):
            done = subprocess.run(
                [*command, self.name, self.file, self.cache],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            self.words.append(done.stderr)
            self.images.append(self.manifests()[0]["digest"])

    def bytes_of(self, name: str) -> bytes:
        with tarfile.open(self.file) as archive:
            member = archive.extractfile(name)
            assert member
            return member.read()

    def blob(self, digest: str) -> Any:
        data = self.bytes_of(f"blobs/{digest.replace(':', '/')}")
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == digest
        return json.loads(data)

    @property
    def digest(self) -> str:
        """Of the index: what an environment's repository shows, and what is released."""
        (only,) = json.loads(self.bytes_of("index.json"))["manifests"]
        assert only["mediaType"] == INDEX
        return str(only["digest"])

    def manifests(self) -> list[Any]:
        return list(self.blob(self.digest)["manifests"])


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, generator: str) -> Iterator[Archive]:
    made = Archive(tmp_path_factory.mktemp("archive"), generator)
    yield made
    engine.docker("image", "rm", made.name, check=False)


def test_the_image_and_what_is_said_of_it(archive: Archive) -> None:
    image, attestation = archive.manifests()
    assert attestation["annotations"]["vnd.docker.reference.digest"] == image["digest"]
    said = {one["predicateType"]: one for one in map(archive.blob, layers(archive.blob(attestation["digest"])))}
    assert {"flask", "gunicorn", "pymongo"} <= {one["name"].lower() for one in said[SPDX]["predicate"]["packages"]}
    assert [kind for kind in said if kind.startswith(PROVENANCE)]
    assert {one["subject"][0]["digest"]["sha256"] for one in said.values()} == {image["digest"].partition(":")[2]}


def layers(manifest: Any) -> list[str]:
    return [layer["digest"] for layer in manifest["layers"]]


def test_what_is_loaded_to_be_scanned_is_what_is_in_the_archive(archive: Archive) -> None:
    config = archive.blob(archive.blob(archive.images[-1])["config"]["digest"])
    assert engine.inspect(archive.name)["RootFS"]["Layers"] == config["rootfs"]["diff_ids"]


def test_the_second_build_takes_the_cache_and_gives_the_same_image(archive: Archive) -> None:
    first, second = archive.words
    assert "importing cache manifest" not in first
    assert "importing cache manifest" in second
    assert archive.images[0] == archive.images[1]
    assert (archive.cache / "index.json").is_file()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """host:port of an empty registry."""
    for tool in ("docker-registry", "skopeo"):
        if not shutil.which(tool):
            pytest.skip(f"no {tool}")
    address, file = f"127.0.0.1:{engine.free_port()}", tmp_path / "registry.yml"
    storage = {"filesystem": {"rootdirectory": str(tmp_path / "registry")}}
    file.write_text(yaml.safe_dump({"version": 0.1, "storage": storage, "http": {"addr": address}}))
    with subprocess.Popen(["docker-registry", "serve", file], stderr=subprocess.DEVNULL) as server:
        yield address
        server.terminate()


def test_a_registry_gets_the_same_digest(archive: Archive, registry: str) -> None:
    """By the playbook's own words, to a registry without TLS."""
    tasks = yaml.safe_load((CHECKOUT / "playbooks" / "tasks" / "build_push.yml").read_text())[0]["block"]
    commands = [task["ansible.builtin.command"]["argv"] for task in tasks if "ansible.builtin.command" in task]
    (argv,) = (words for words in commands if words[0] == "skopeo")
    given = {"{{ build_from }}": str(archive.file), "{{ build_target }}": f"{registry}/calstack:1.2.3"}
    for name, value in given.items():
        argv = [word.replace(name, value) for word in argv]
    words = [argv[0], "--insecure-policy", *argv[1:2], "--dest-tls-verify=false", *argv[2:]]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    connection = HTTPConnection(registry, timeout=30)
    connection.request("GET", "/v2/calstack/manifests/1.2.3", headers={"Accept": INDEX})
    answer = connection.getresponse()
    assert answer.headers["Docker-Content-Digest"] == archive.digest
    assert f"sha256:{hashlib.sha256(answer.read()).hexdigest()}" == archive.digest
