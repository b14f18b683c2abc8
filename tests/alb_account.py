"""An emulated account that has what a load balancer needs, and the module's defaults."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import trustme
from ansible_collections.calstack.aws.plugins.module_utils._alb.balancers import LoadBalancer
from ansible_collections.calstack.aws.plugins.module_utils._alb.listeners import Listener
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import wanted
from ansible_collections.calstack.aws.plugins.module_utils._alb.rules import Rule
from ansible_collections.calstack.aws.plugins.module_utils._alb.survey import survey
from ansible_collections.calstack.aws.plugins.module_utils._alb.target_groups import TargetGroup
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge, read
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.modules.alb import OPTIONS
from emulator import Account, account

KINDS = (TargetGroup, LoadBalancer, Listener, Rule)
PARAMS = {name: option["default"] for name, option in OPTIONS.items()}
DOMAIN = "dev.calstack.example.com"
CA = trustme.CA()


def scope(environment="dev"):
    return Scope(environment, "alb", f"calstack-{environment}")


def certificate(aws: Account, *names: str) -> str:
    """Import one that is valid for a year."""
    made = CA.issue_cert(*names)
    return aws("acm").import_certificate(
        Certificate=made.cert_chain_pems[0].bytes(), PrivateKey=made.private_key_pem.bytes()
    )["CertificateArn"]


def network(aws: Account, *zones: str) -> dict:
    """A VPC with a subnet per zone, as the module's parameters."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for number, zone in enumerate(zones)
    ]
    group = ec2.create_security_group(GroupName="balancer", Description="balancer", VpcId=vpc)["GroupId"]
    return {"vpc_id": vpc, "subnet_ids": subnets, "security_group_id": group}


def site(aws, given, environment="dev", check=False):
    """What the module does with state present."""
    params = PARAMS | {"domain": DOMAIN} | given
    params |= survey(aws, params, scope(environment), check=check)
    return converge([kind(aws, scope(environment)) for kind in KINDS], wanted(params, scope(environment)), check=check)


def destroy(aws, environment="dev", check=False):
    """What the module does with state absent."""
    return converge([kind(aws, scope(environment)) for kind in KINDS], (), check=check)


def ids(aws, environment="dev"):
    """What there is, by kind and name."""
    return {(item.kind, item.name): item.id for item in read([kind(aws, scope(environment)) for kind in KINDS], ())}


@contextmanager
def ready() -> Iterator[tuple[Account, dict]]:
    """An account with a certificate for DOMAIN, and the parameters of a network in two zones."""
    with account() as aws:
        certificate(aws, DOMAIN)
        yield aws, network(aws, "eu-west-1a", "eu-west-1b")


look = partial(site, check=True)
