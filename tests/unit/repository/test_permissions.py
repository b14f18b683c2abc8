"""What the plugins call is what docs/permissions.md lists."""

import re
from collections import defaultdict
from fnmatch import fnmatchcase

import botocore.session
from botocore import xform_name
from conftest import CHECKOUT

CALLED_BY = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
SERVICES = [
    *(
        "acm",
        "application-autoscaling",
        "cloudfront",
        "cloudwatch",
        "dynamodb",
        "ec2",
        "ecr",
        "ecs",
        "elbv2",
    ),
    *(
        "iam",
        "kms",
        "logs",
        "pricing",
        "resourcegroupstaggingapi",
        "route53",
        "scheduler",
        "secretsmanager",
        "sns",
        "sts",
    ),
    "wafv2",
]
OPTIONS = {"execute_command", "verify"}  # a service's parameter, a migration's stage: by the names of operations


def operations():
    """Each operation of `SERVICES` as boto3 names it, with the actions it can be."""
    session, found = botocore.session.get_session(), defaultdict(set)
    for service in SERVICES:
        for action in session.get_service_model(service).operation_names:
            found[xform_name(action)].add((CALLED_BY.get(service, service), action))
    return found


def called(known):
    text = "".join(path.read_text() for path in CHECKOUT.glob("plugins/**/*.py"))
    return {name for name in re.findall(r"[.\"](\w+)[\"(]", text) if name in known} - OPTIONS


def listed():
    rows = re.findall(r"^\| ([a-z0-9-]+) \|(.*)", (CHECKOUT / "docs/permissions.md").read_text(), re.MULTILINE)
    found = defaultdict(list)
    for service, actions in rows:
        found[service] += re.findall(r"`([A-Za-z*]+)`", actions)
    return found


def test_every_action_that_is_called_is_listed():
    known, rows = operations(), listed()
    calls = called(known)
    assert {"create_vpc", "replace_route_table_association", "list_secrets", "get_resources"} <= calls
    missing = {
        name
        for name in calls
        if not any(fnmatchcase(action, word) for service, action in known[name] for word in rows.get(service, ()))
    }
    assert not missing
