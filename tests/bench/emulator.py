"""A fresh AWS endpoint for one cycle: the lab's, without tasks, in a process of its own.

As a module (`python -m tests.bench.emulator`) it is that process.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import boto3

from lab.aws import apply_mends, backends
from lab.aws.server import AwsServer
from lab.settings import CHECKOUT, Settings

NETWORK = "127.82"
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIALABKEY000BENCH",
    "AWS_SECRET_ACCESS_KEY": "lab-bench-77aa",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
READY_SECONDS = 30
DRAIN_SECONDS = 0.5
# One read of each service the stack uses: the emulator's lazy imports are then in no figure.
WARM = {
    "acm": "list_certificates",
    "application-autoscaling": "describe_scalable_targets",
    "cloudwatch": "describe_alarms",
    "ec2": "describe_vpcs",
    "ecr": "describe_repositories",
    "ecs": "list_clusters",
    "elbv2": "describe_load_balancers",
    "iam": "list_roles",
    "logs": "describe_log_groups",
    "resourcegroupstaggingapi": "get_resources",
    "secretsmanager": "list_secrets",
    "sts": "get_caller_identity",
}


def settings(home: Path) -> Settings:
    return Settings(home=home, network=NETWORK, cache=home / "cache", region="us-east-1")


class Emulator:
    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._settings = settings(home)
        self.endpoint = self._settings.aws_endpoint
        self._log = self._settings.logs / "aws-calls.jsonl"
        self._seen = 0
        with (home / "emulator.out").open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.emulator", str(home)],
                cwd=CHECKOUT, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self.pid = self._process.pid
        try:
            self.certificate_arn = self._prepare()
            self.calls()
        except BaseException:
            self.stop()
            raise

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=KEYS["AWS_REGION"],
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip

    def _prepare(self) -> str:
        """Wait until it answers, touch every service, and give the account the certificate both tools use."""
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.client("sts").get_caller_identity()
                break
            except Exception:
                if time.monotonic() > end or self._process.poll() is not None:
                    sys.exit(f"bench: the emulator does not answer, see {self._settings.home}/emulator.out")
                time.sleep(0.2)
        for service, call in WARM.items():
            named = {"ServiceNamespace": "ecs"} if service == "application-autoscaling" else {}
            getattr(self.client(service), call)(**named)
        return self._certificate()

    def _certificate(self) -> str:
        import trustme

        authority = trustme.CA()
        issued = authority.issue_cert("calstack.example.com", "www.calstack.example.com")
        answer = self.client("acm").import_certificate(
            Certificate=issued.cert_chain_pems[0].bytes(),
            PrivateKey=issued.private_key_pem.bytes(),
            CertificateChain=authority.cert_pem.bytes(),
        )
        return str(answer["CertificateArn"])

    def calls(self) -> list[dict[str, object]]:
        """The calls answered since this was last asked."""
        with self._log.open() as log:
            log.seek(self._seen)
            lines = log.read().splitlines()
            self._seen = log.tell()
        return [json.loads(line) for line in lines]

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(home: Path) -> None:
    os.environ.update(KEYS)
    apply_mends(settings(home))
    server = AwsServer(settings(home), wake=lambda: None)
    server.start()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    while not over.wait(DRAIN_SECONDS):
        end_drained_services(settings(home))
    server.stop()


def end_drained_services(own: Settings) -> None:
    """No task runs here, so a deleted service has nothing to drain."""
    with backends.LOCK:
        for service in backends.ecs(own).services.values():
            if service.status == "DRAINING":
                service.status, service.deployments = "INACTIVE", []


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
