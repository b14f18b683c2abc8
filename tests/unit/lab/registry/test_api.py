"""What engines rely on, by the distribution specification, and what the account's ECR then knows."""

from pathlib import Path
from typing import Any

import pytest

from lab.registry.blobs import Blobs
from lab.registry.digests import digest
from tests.registry_pusher import INDEX, Pusher, document


def test_what_is_pushed_is_pulled_again_and_stands_in_ecr(registry: Pusher, ecr: Any) -> None:
    pushed = registry.image("1.0", layer=b"the layer")
    for reference in ("1.0", pushed):
        found = registry.ask("GET", f"/v2/team/app/manifests/{reference}")
        assert digest(found.data) == found.headers["Docker-Content-Digest"] == pushed
    layer = registry.ask("GET", f"/v2/team/app/blobs/{digest(b'the layer')}")
    assert layer.data == b"the layer"
    assert registry.ask("HEAD", f"/v2/team/app/blobs/{digest(b'the layer')}").content_length == len(b"the layer")
    (image,) = ecr.describe_images(repositoryName="team/app")["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (pushed, ["1.0"])
    assert registry.ask("GET", "/v2/team/app/tags/list").json == {"name": "team/app", "tags": ["1.0"]}


def test_an_index_has_its_images_without_tags(registry: Pusher, ecr: Any) -> None:
    parts = [registry.image("", architecture=name) for name in ("amd64", "arm64")]
    content = {"schemaVersion": 2, "manifests": [{"digest": part} for part in parts]}
    done = registry.manifest("1.0", content, INDEX)
    assert done.status_code == 201, done.text
    assert registry.ask("GET", "/v2/team/app/manifests/1.0").content_type == INDEX
    found = {item["imageDigest"]: item.get("imageTags") for item in
             ecr.describe_images(repositoryName="team/app")["imageDetails"]}  # fmt: skip
    assert found == {parts[0]: None, parts[1]: None, digest(document(content)): ["1.0"]}


def test_pushing_the_same_again_changes_nothing(registry: Pusher, ecr: Any) -> None:
    assert registry.image("1.0") == registry.image("1.0") == registry.image("")
    (image,) = ecr.describe_images(repositoryName="team/app")["imageDetails"]
    assert image["imageTags"] == ["1.0"]


def test_a_second_tag_of_the_same_image(registry: Pusher, ecr: Any) -> None:
    assert registry.image("1.0") == registry.image("stable")
    (image,) = ecr.describe_images(repositoryName="team/app")["imageDetails"]
    assert sorted(image["imageTags"]) == ["1.0", "stable"]


def test_an_immutable_tag_stays(registry: Pusher) -> None:
    first = registry.image("1.0", layer=b"one")
    content = {"schemaVersion": 2, "config": {"digest": registry.blob(b"{}")}, "layers": []}
    refused = registry.manifest("1.0", content)
    assert refused.status_code == 400
    assert refused.json["errors"][0]["code"] == "TAG_INVALID"
    assert "'1.0' already exists in the 'team/app' repository" in refused.json["errors"][0]["message"]
    assert registry.ask("HEAD", "/v2/team/app/manifests/1.0").headers["Docker-Content-Digest"] == first


def test_a_manifest_without_its_layers_is_refused(registry: Pusher, ecr: Any) -> None:
    missing = digest(b"never pushed")
    content = {"schemaVersion": 2, "config": {"digest": registry.blob(b"{}")}, "layers": [{"digest": missing}]}
    refused = registry.manifest("1.0", content)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert missing in refused.json["errors"][0]["message"]
    assert ecr.describe_images(repositoryName="team/app")["imageDetails"] == []


@pytest.mark.parametrize("content", [["no object"], {"layers": [{}]}, {"config": "text"}])
def test_what_is_no_manifest_is_refused(registry: Pusher, content: Any) -> None:
    refused = registry.manifest("1.0", content)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (400, "MANIFEST_INVALID")


def test_a_manifest_under_another_digest_is_refused(registry: Pusher) -> None:
    refused = registry.manifest(digest(b"other"), {"schemaVersion": 2})
    assert refused.json["errors"][0]["code"] == "DIGEST_INVALID"


def test_a_layer_that_has_suffered_on_the_way_is_refused_and_gone(registry: Pusher, blobs: Blobs) -> None:
    begun = registry.ask("POST", "/v2/team/app/blobs/uploads/").headers["Location"]
    refused = registry.ask("PUT", f"{begun}?digest={digest(b'right')}", data=b"wrong")
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (400, "DIGEST_INVALID")
    assert blobs.path(digest(b"right")) is None
    assert registry.ask("PATCH", begun, data=b"more").json["errors"][0]["code"] == "BLOB_UPLOAD_UNKNOWN"


def test_a_layer_in_one_request_and_one_that_is_given_up(registry: Pusher) -> None:
    whole = registry.ask("POST", f"/v2/team/app/blobs/uploads/?digest={digest(b'whole')}", data=b"whole")
    assert whole.status_code == 201
    begun = registry.ask("POST", "/v2/team/app/blobs/uploads/").headers["Location"]
    assert registry.ask("DELETE", begun).status_code == 204
    assert registry.ask("DELETE", begun).status_code == 404


def test_what_is_no_digest_names_no_file(registry: Pusher, blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    begun = registry.ask("POST", "/v2/team/app/blobs/uploads/").headers["Docker-Upload-UUID"]
    assert registry.ask("GET", f"/v2/team/app/blobs/{begun}.upload").status_code == 404
    for outside in ("../../../secret", str(tmp_path / "secret")):
        assert blobs.path(outside) is None
        content = {"schemaVersion": 2, "config": {"digest": outside}, "layers": []}
        assert registry.manifest("1.0", content).json["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN"


@pytest.mark.parametrize("upload", ["..%2Fescape", "none"])
def test_an_upload_that_was_never_begun(registry: Pusher, upload: str) -> None:
    assert registry.ask("PATCH", f"/v2/team/app/blobs/uploads/{upload}", data=b"x").status_code == 404


def test_only_repositories_of_the_account_are_pushed_to(registry: Pusher) -> None:
    for method, path in (
        ("POST", "/v2/other/blobs/uploads/"),
        ("PUT", "/v2/other/manifests/1"),
        ("GET", f"/v2/other/blobs/{digest(b'')}"),
    ):
        refused = registry.ask(method, path, data=b"{}")
        assert (refused.status_code, refused.json["errors"][0]["code"]) == (404, "NAME_UNKNOWN")
        assert "'other' does not exist in the registry with id '123456789012'" in refused.json["errors"][0]["message"]


@pytest.mark.parametrize("password", ["", "guessed", "guéssed"])
def test_nobody_pushes_or_pulls_without_the_password(registry: Pusher, password: str) -> None:
    registry.image("1.0")
    registry.password = password
    for method, path in (
        ("GET", "/v2/"),
        ("GET", "/v2/team/app/manifests/1.0"),
        ("POST", "/v2/team/app/blobs/uploads/"),
    ):
        refused = registry.ask(method, path)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")


def test_where_tasks_pull_all_may_read_and_none_write(registry: Pusher, pull_address: Pusher) -> None:
    pushed = registry.image("1.0")
    assert pull_address.ask("GET", "/v2/").status_code == 200
    assert pull_address.ask("GET", f"/v2/team/app/manifests/{pushed}").status_code == 200
    for method, path in (("POST", "/v2/team/app/blobs/uploads/"), ("PUT", "/v2/team/app/manifests/1.0")):
        assert pull_address.ask(method, path).status_code == 405
