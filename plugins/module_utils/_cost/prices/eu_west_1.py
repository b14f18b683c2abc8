# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Europe (Ireland). The price list's rows were taken from public copies of AWS's files: see docs/cost.md."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._cost.price import (
    BILL,
    MEMORY,
    PAGE,
    PRICE_LIST,
    REPORT,
    Price,
)

_LIST = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"
ECS = f"{_LIST}/AmazonECS/20260911124425/eu-west-1/index.json"
EC2 = f"{_LIST}/AmazonEC2/20260925174521/eu-west-1/index.json"
VPC = f"{_LIST}/AmazonVPC/20260917190528/eu-west-1/index.json"
ELB = f"{_LIST}/AWSELB/20260911124544/eu-west-1/index.json"
CLOUDWATCH = f"{_LIST}/AmazonCloudWatch/20260922021715/eu-west-1/index.json"
SECRETS = f"{_LIST}/AWSSecretsManager/20260911124610/eu-west-1/index.json"
ECR = f"{_LIST}/AmazonECR/20260911124425/eu-west-1/index.json"
DYNAMODB = f"{_LIST}/AmazonDynamoDB/20260911124422/eu-west-1/index.json"
TRANSFER = f"{_LIST}/AWSDataTransfer/20260916132208/eu-west-1/index.json"
INFRACOST = "https://github.com/gordonmurray/terraform_aws_ecs (infracost of eu-west-1)"
ATLAS = "https://www.mongodb.com/pricing"

PRICES = {
    "nat_hour": Price(0.048, "h", EC2, "2026-09-25", PRICE_LIST),
    "nat_gb": Price(0.048, "GB", EC2, "2026-09-25", PRICE_LIST),
    "ipv4_hour": Price(0.005, "h", VPC, "2026-09-17", PRICE_LIST),
    # A public bill of July 2026: 42.24 USD for ten endpoint zones in 384 h (its NAT gateway's hours): 0.011 each.
    "endpoint_hour": Price(0.011, "h", "https://aws.amazon.com/privatelink/pricing/", "2026-07", BILL),
    "endpoint_gb": Price(0.01, "GB", "https://aws.amazon.com/privatelink/pricing/", "", PAGE),
    "cross_zone_gb": Price(0.01, "GB", TRANSFER, "2026-09-16", PRICE_LIST),
    "internet_gb": Price(0.09, "GB", TRANSFER, "2026-09-16", PRICE_LIST),
    "fargate_x86_64_vcpu_hour": Price(0.04048, "vCPU-h", ECS, "2026-09-11", PRICE_LIST),
    "fargate_x86_64_gb_hour": Price(0.004445, "GB-h", ECS, "2026-09-11", PRICE_LIST),
    "fargate_arm64_vcpu_hour": Price(0.03238, "vCPU-h", "SKU KXC9CEUQGJQPNZPY of the price list", "", REPORT),
    "fargate_arm64_gb_hour": Price(0.00356, "GB-h", "SKU MGJ5EB5GSHR8QZDF of the price list", "", REPORT),
    # A public bill of July 2026 has 15.00 USD for 595 h.
    "balancer_hour": Price(0.0252, "h", INFRACOST, "2026-07", BILL),
    "lcu_hour": Price(0.008, "LCU-h", ELB, "2026-09-11", PRICE_LIST),
    "secret_month": Price(0.40, "secret", SECRETS, "2026-09-11", PRICE_LIST),
    "secret_call": Price(0.000005, "call", SECRETS, "2026-09-11", PRICE_LIST),
    "log_in_gb": Price(0.57, "GB", CLOUDWATCH, "2026-09-22", PRICE_LIST),
    "flow_log_in_gb": Price(0.57, "GB", "https://aws.amazon.com/cloudwatch/pricing/", "", MEMORY),
    "log_kept_gb": Price(0.03, "GB", CLOUDWATCH, "2026-09-22", PRICE_LIST),
    "alarm_month": Price(0.10, "alarm metric", CLOUDWATCH, "2026-09-22", PRICE_LIST),
    "metric_month": Price(0.30, "metric", CLOUDWATCH, "2026-09-22", PRICE_LIST),
    "image_gb": Price(0.10, "GB", ECR, "2026-09-11", PRICE_LIST),
    "table_write": Price(0.000000705, "write", DYNAMODB, "2026-09-11", PRICE_LIST),
    "table_read": Price(0.0000001415, "read", DYNAMODB, "2026-09-11", PRICE_LIST),
    "table_gb": Price(0.283, "GB", DYNAMODB, "2026-09-11", PRICE_LIST),
    "table_backup_gb": Price(0.22, "GB", DYNAMODB, "2026-09-11", PRICE_LIST),
    # Atlas publishes the prices of us-east-1 only; what a region adds shows when a cluster is made.
    "atlas_m10_hour": Price(0.09, "h", ATLAS, "", MEMORY),
    "atlas_m20_hour": Price(0.22, "h", ATLAS, "", MEMORY),
    "atlas_m30_hour": Price(0.59, "h", ATLAS, "", MEMORY),
}
