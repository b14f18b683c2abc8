"""playbooks/smoke.yml against an emulated stack: the page is asked for only where the commit is stable."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase
from conftest import CHECKOUT
from moto.server import ThreadedMotoServer
from release_account import serving
from release_job import left, record, table
from web_server import web_server

COMMIT = "1a" * 20


@pytest.fixture(scope="module")
def account():
    """Blue serves the image of `COMMIT`. What this process and the play's ask is one account."""
    with serving() as aws:
        ecr = aws("ecr")
        (there,) = ecr.batch_get_image(repositoryName="calstack", imageIds=[{"imageTag": "v1"}])["images"]
        ecr.put_image(repositoryName="calstack", imageManifest=there["imageManifest"], imageTag=COMMIT)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        _host, port = server.get_host_and_port()
        yield aws, f"http://127.0.0.1:{port}"
        server.stop()


def smoke(endpoint, address, **given):
    shell = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:9",
        "COLUMNS": "10000",
    }
    command = ["ansible-playbook", "playbooks/smoke.yml", "-i", "inventories/local"]
    command += ["-e", json.dumps({"env_name": "dev", "smoke_url": address} | given)]
    done = subprocess.run(command, cwd=CHECKOUT, env=shell, capture_output=True, text=True, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_a_commit_that_waits_in_a_pause_ends_the_turn_and_a_stable_one_does_not(account):
    aws, endpoint = account
    store = table(aws)
    with web_server() as page:
        address = f"http://{page.address}/"
        record(store, left(aws, Phase.PAUSED, reason="pause: manual"))
        code, text = smoke(endpoint, address, release_commit=COMMIT)
        assert code == 2, text
        assert f"commit {COMMIT} " in text
        assert "is not stable here" in text
        assert "promote.yml, or put it back with playbooks/rollback.yml" in text
        assert page.asked == []
        record(store, left(aws, Phase.ROLLED_BACK))
        code, text = smoke(endpoint, address, release_commit=COMMIT[:7])
        assert code == 0, text
        assert [one.path for one in page.asked] == ["/"]
        assert f"{address} answers 200" in text
