"""Where the lab keeps its things and which addresses it binds.

A lab is one folder (state, logs, certificates) and one /16 of loopback addresses, so that two labs, say the
user's and the tests', can run side by side. Both come from the environment:

    LAB_HOME       the folder, by default `.lab` in the checkout
    LAB_NETWORK    the first two octets of the addresses, by default `127.80`
    LAB_CACHE      prepared images and their packages, by default `.cache/lab` in the checkout
    LAB_METRICS_DELAY   seconds until a metric can be read in CloudWatch, by default 0 (AWS has minutes)
    LAB_ATLAS_SECONDS   seconds until a dedicated Atlas cluster is IDLE, by default 2 (Atlas takes 12 minutes and
                        more); what Atlas does faster takes its share of it here
    LAB_EDGE_SECONDS    seconds until a CloudFront distribution is Deployed, by default 2 (CloudFront takes minutes);
                        invalidations, certificates and Route 53's changes take their share of it
    LAB_RUNNER     what plays a task: `process` (the default) or `docker`, a container each
    LAB_ENGINE     the container engine's program for `docker`, by default `docker`; `podman`, or a path
"""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.part import LabError

CHECKOUT = Path(__file__).resolve().parent.parent
ACCOUNT = "123456789012"
REGION = "eu-west-1"
CLUSTERS = 200
"""So many Atlas clusters have an address of their own."""
PROCESS, DOCKER = "process", "docker"


@dataclass(frozen=True)
class Settings:
    home: Path
    network: str
    cache: Path
    metrics_delay: float = 0.0
    atlas_seconds: float = 2.0
    edge_seconds: float = 2.0
    runner: str = PROCESS
    engine: str = "docker"
    account: str = ACCOUNT
    region: str = REGION

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Raises LabError, which names the variable, for what would not do."""
        return cls(
            home=Path(environ.get("LAB_HOME") or CHECKOUT / ".lab").absolute(),
            network=_network(environ.get("LAB_NETWORK") or "127.80"),
            cache=Path(environ.get("LAB_CACHE") or CHECKOUT / ".cache" / "lab").absolute(),
            metrics_delay=_seconds(environ, "LAB_METRICS_DELAY", "0"),
            atlas_seconds=_seconds(environ, "LAB_ATLAS_SECONDS", "2"),
            edge_seconds=_seconds(environ, "LAB_EDGE_SECONDS", "2"),
            runner=_runner(environ.get("LAB_RUNNER") or PROCESS),
            engine=environ.get("LAB_ENGINE") or "docker",
        )

    @property
    def containers(self) -> bool:
        """Whether tasks are containers, and images a container engine's."""
        return self.runner == DOCKER

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """What only a running lab needs: gone after `down`."""
        return self.home / "run"

    @property
    def aws_address(self) -> tuple[str, int]:
        return f"{self.network}.0.1", 4566

    @property
    def aws_endpoint(self) -> str:
        host, port = self.aws_address
        return f"http://{host}:{port}"

    @property
    def database_address(self) -> tuple[str, int]:
        return f"{self.network}.0.3", 27017

    @property
    def atlas_address(self) -> tuple[str, int]:
        return f"{self.network}.0.4", 8081

    @property
    def atlas_endpoint(self) -> str:
        host, port = self.atlas_address
        return f"http://{host}:{port}"

    @property
    def dns_address(self) -> tuple[str, int]:
        """Where the lab's name server answers (UDP)."""
        return f"{self.network}.0.5", 5353

    @property
    def registry_address(self) -> tuple[str, int]:
        """Where ECR's registry takes pushes, from those who have logged in."""
        return f"{self.network}.0.6", 5000

    @property
    def pull_address(self) -> tuple[str, int]:
        """Where a container engine pulls for tasks, which need not log in."""
        return f"{self.network}.0.6", 5001

    @property
    def registry(self) -> str:
        """The registry's host, as it stands before an image's name."""
        return "{}:{}".format(*self.registry_address)

    def cluster_address(self, number: int) -> tuple[str, int]:
        """Where the lab's n-th Atlas cluster listens, counted from 0 (below `CLUSTERS`)."""
        return f"{self.network}.0.{10 + number}", 27017

    def private_address(self, number: int) -> tuple[str, int]:
        """Where the same cluster is reached by PrivateLink."""
        return f"{self.network}.3.{10 + number}", 27017

    def balancer_address(self, number: int) -> str:
        """The address of the lab's n-th load balancer, counted from 1 (at most 254)."""
        return f"{self.network}.1.{number}"

    def edge_address(self, number: int) -> str:
        """The address of the lab's n-th CloudFront distribution, counted from 1 (at most 254)."""
        return f"{self.network}.2.{number}"

    def listener_port(self, port: int) -> int:
        """The port that plays an ALB listener's port: those below 1024 would need root."""
        return port + 8000 if port < 1024 else port

    def task_address(self, number: int) -> str:
        """The address of the lab's n-th task, counted from 0; they come round again after 60,000."""
        number %= 240 * 250
        return f"{self.network}.{16 + number // 250}.{number % 250 + 1}"


def _network(text: str) -> str:
    """The first two octets of loopback addresses: anything else would be reachable from elsewhere."""
    if not re.fullmatch(r"127\.(0|[1-9][0-9]{0,2})", text, re.ASCII) or int(text[4:]) > 255:
        raise LabError(f"LAB_NETWORK is {text!r}, but must be 127.N with N from 0 to 255, for example 127.81")
    return text


def _runner(text: str) -> str:
    if text not in (PROCESS, DOCKER):
        raise LabError(f"LAB_RUNNER is {text!r}, but must be {PROCESS} or {DOCKER}")
    return text


def _seconds(environ: Mapping[str, str], name: str, default: str) -> float:
    text = environ.get(name) or default
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise LabError(f"{name} is {text!r}, but must be a number of seconds from 0")
    return seconds
