# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The stack's own metrics: its balancer's, its colours', its logs'. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import cluster_name, service_name
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.metrics import (
    BALANCER,
    CERTIFICATE,
    SERVICE,
    Metric,
    balancer_dimension,
    group_dimension,
)
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.names import namespace


@dataclass(frozen=True)
class Measures:
    """By `colour`, where a metric is known by colour. ARNs may be unknown: then they are shown as they are."""

    stack: str
    balancer_arn: str
    target_group_arns: Mapping[str, str]

    def balancer(self, name: str, statistic: str = "Sum") -> Metric:
        """Of both colours together, and of what the balancer answers itself."""
        return Metric(BALANCER, name, {"LoadBalancer": balancer_dimension(self.balancer_arn)}, statistic)

    def group(self, colour: str, name: str, statistic: str = "Sum") -> Metric:
        """Of one colour's targets."""
        dimensions = {
            "LoadBalancer": balancer_dimension(self.balancer_arn),
            "TargetGroup": group_dimension(self.target_group_arns[colour]),
        }
        return Metric(BALANCER, name, dimensions, statistic)

    def service(self, colour: str, name: str) -> Metric:
        """The average of one colour's tasks, in per cent of what they have."""
        dimensions = {"ClusterName": cluster_name(self.stack), "ServiceName": service_name(self.stack, colour)}
        return Metric(SERVICE, name, dimensions, "Average")

    def log(self, measure: str) -> Metric:
        """Lines that a metric filter has counted."""
        return Metric(namespace(self.stack), measure, {}, "Sum")


def days_to_expiry(certificate_arn: str) -> Metric:
    return Metric(CERTIFICATE, "DaysToExpiry", {"CertificateArn": certificate_arn}, "Minimum")
