"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import ecr_image_info
from emulator import account
from module_answer import ANSIBLES_OWN

URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack"


@pytest.fixture
def aws():
    with account() as made:
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args({"repository_uri": URI, **given}), pytest.raises(SystemExit):
        ecr_image_info.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    documented = {
        name: {key: option[key] for key in ("type", "required")}
        for name, option in yaml.safe_load(ecr_image_info.DOCUMENTATION)["options"].items()
    }
    assert documented == ecr_image_info.OPTIONS


def test_a_tag_is_a_digest_and_no_image_is_no_failure(aws, capsys):
    ecr = aws("ecr")
    ecr.create_repository(repositoryName="calstack")
    assert (call(capsys, tag="v1")["digest"], call(capsys, tag="v1")["image"]) == ("", "")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "x", "config": {"digest": "x"}, "layers": []})
    pushed = ecr.put_image(repositoryName="calstack", imageManifest=manifest, imageTag="v1")
    digest = pushed["image"]["imageId"]["imageDigest"]
    aws.calls.clear()
    answer = call(capsys, tag="v1")
    assert (answer["digest"], answer["image"]) == (digest, f"{URI}@{digest}")
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(ecr_image_info.RETURN).keys()


def test_a_repository_that_is_not_there_says_what_to_run(aws, capsys):
    answer = call(capsys, tag="v1")
    assert answer["failed"]
    assert answer["msg"].startswith(
        f"the image repository {URI} is not there: build it first, with site.yml --limit ecr"
    )
