# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""US East (N. Virginia)."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._cost.price import MEMORY, PAGE, REPORT, Price

NAT = "https://cloudburn.io/blog/aws-nat-gateway-pricing"
FARGATE = "https://www.wring.co/blog/aws-fargate-pricing-guide"
FARGATE_ARM = "https://www.vantage.sh/blog/fargate-pricing"
INFRACOST = "https://github.com/gordonmurray/terraform_aws_ecs (infracost of us-east-1)"
CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
SECRETS = "https://aws.amazon.com/secrets-manager/pricing/"
DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
ATLAS = "https://www.mongodb.com/pricing"

PRICES = {
    "nat_hour": Price(0.045, "h", NAT, "2026-02-24", REPORT),
    "nat_gb": Price(0.045, "GB", NAT, "2026-02-24", REPORT),
    "ipv4_hour": Price(0.005, "h", NAT, "2026-02-24", REPORT),
    "endpoint_hour": Price(0.01, "h", "https://knbrlo.com/notes/aws/nat-gateway-data-processing", "2026-05-07", REPORT),
    "endpoint_gb": Price(0.01, "GB", "https://aws.amazon.com/privatelink/pricing/", "", PAGE),
    "cross_zone_gb": Price(0.01, "GB", "https://basavytix.com/blog/aws-nat-gateway-pricing", "", REPORT),
    "internet_gb": Price(
        0.09, "GB", "https://cloudpipelines.pages.dev/guides/aws-nat-gateway-pricing-2026/", "2026", REPORT
    ),
    "fargate_x86_64_vcpu_hour": Price(0.04048, "vCPU-h", FARGATE, "2026-03-10", REPORT),
    "fargate_x86_64_gb_hour": Price(0.004445, "GB-h", FARGATE, "2026-03-10", REPORT),
    "fargate_arm64_vcpu_hour": Price(0.03238, "vCPU-h", FARGATE_ARM, "", REPORT),
    "fargate_arm64_gb_hour": Price(0.00356, "GB-h", FARGATE_ARM, "", REPORT),
    "balancer_hour": Price(0.0225, "h", INFRACOST, "", REPORT),
    "lcu_hour": Price(0.008, "LCU-h", INFRACOST, "", REPORT),
    "secret_month": Price(0.40, "secret", SECRETS, "", MEMORY),
    "secret_call": Price(0.000005, "call", SECRETS, "", MEMORY),
    "log_in_gb": Price(0.50, "GB", INFRACOST, "", REPORT),
    "flow_log_in_gb": Price(0.50, "GB", CLOUDWATCH, "", MEMORY),
    "log_kept_gb": Price(0.03, "GB", INFRACOST, "", REPORT),
    "alarm_month": Price(0.10, "alarm metric", CLOUDWATCH, "", MEMORY),
    "metric_month": Price(0.30, "metric", CLOUDWATCH, "", MEMORY),
    "image_gb": Price(0.10, "GB", INFRACOST, "", REPORT),
    "table_write": Price(0.000000625, "write", DYNAMODB, "", MEMORY),
    "table_read": Price(0.000000125, "read", DYNAMODB, "", MEMORY),
    "table_gb": Price(0.25, "GB", DYNAMODB, "", MEMORY),
    "table_backup_gb": Price(0.20, "GB", DYNAMODB, "", MEMORY),
    # "0.08 an hour, starts at 56.94 a month": 56.94 / 730 h is 0.078.
    "atlas_m10_hour": Price(0.078, "h", ATLAS, "2026-09-20", PAGE),
    "atlas_m20_hour": Price(0.20, "h", ATLAS, "", MEMORY),
    "atlas_m30_hour": Price(0.54, "h", "https://www.mongodb.com/docs/atlas/billing/invoice-breakdown/", "", PAGE),
}
