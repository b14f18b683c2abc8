"""moto without what it would read and keep for nothing: seconds of start, tens of megabytes."""

import ctypes
import gc
import os
import sys
from types import ModuleType
from typing import Any

import boto3

# moto reads them when it is imported.
SETTINGS = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}
MANAGED_POLICIES = "moto.iam.aws_managed_policies"


def before_import() -> None:
    """To be called before anything of moto is imported."""
    os.environ.update(SETTINGS)
    _remember_regions()
    # Five megabytes of text; `lab.aws.iam` reads a policy out of it when one is asked for.
    empty = ModuleType(MANAGED_POLICIES)
    vars(empty)["aws_managed_policies_data"] = "{}"
    sys.modules.setdefault(MANAGED_POLICIES, empty)


def after_import() -> None:
    """Let go of the catalogue of EC2 instance types: nothing here runs instances."""
    from moto.ec2.models import instance_types

    instance_types.INSTANCE_TYPES.clear()
    instance_types.INSTANCE_TYPE_OFFERINGS.clear()
    gc.collect()
    gc.freeze()
    ctypes.CDLL("libc.so.6").malloc_trim(0)


def _remember_regions() -> None:
    """Each of moto's services asks a session of its own for the regions, and each session parses botocore's list."""
    session = boto3.Session()
    ask = session.get_available_regions
    known: dict[tuple[str, str, bool], list[str]] = {}

    def regions(_: Any, service: str, partition_name: str = "aws", allow_non_regional: bool = False) -> list[str]:
        key = (service, partition_name, allow_non_regional)
        if key not in known:
            known[key] = ask(*key)
        return list(known[key])

    type.__setattr__(boto3.Session, "get_available_regions", regions)
