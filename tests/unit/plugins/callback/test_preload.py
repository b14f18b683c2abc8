"""What the callback has loaded, seen from a process that has loaded nothing else."""

import subprocess
import sys

import pytest
from conftest import CHECKOUT

BEGIN = f"""
import sys
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
_AnsibleCollectionFinder(paths=[{str(CHECKOUT / "collections")!r}])._install()
import ansible_collections.calstack.aws.plugins.callback.preload
"""


def python(source: str) -> str:
    done = subprocess.run([sys.executable, "-c", BEGIN + source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("service", ["sts", "ec2", "ecs", "elbv2", "iam"])
def test_a_modules_client_reads_no_service_model_again(service):
    read = python(f"""
import boto3
from botocore.loaders import JSONFileLoader
read, load = [], JSONFileLoader.load_file
JSONFileLoader.load_file = lambda self, path: read.append(path) or load(self, path)
boto3.session.Session().client("{service}", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
print([path for path in read if path.endswith(("service-2", "endpoints", "partitions"))])
""")
    assert read.strip() == "[]"


def test_a_worker_finds_the_connection_and_the_filters_loaded():
    loaded = python("""
from ansible.plugins.loader import filter_loader
print("ansible_collections.calstack.aws.plugins.connection.warm" in sys.modules)
print(bool(filter_loader._cached_non_collection_wrappers))
""")
    assert loaded.split() == ["True", "True"]


def test_it_opens_no_connection():
    opened = python("""
import os
print([name for name in map(lambda n: os.readlink(f"/proc/self/fd/{n}") if os.path.exists(f"/proc/self/fd/{n}") else "",
       os.listdir("/proc/self/fd")) if name.startswith("socket")])
""")
    assert opened.strip() == "[]"
