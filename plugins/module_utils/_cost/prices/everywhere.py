# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Prices that do not depend on the region. Each with its source; what is not verified says so."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._cost.price import (
    BILL,
    MEMORY,
    PAGE,
    PRICE_LIST,
    REPORT,
    Price,
)

VPC = "https://aws.amazon.com/vpc/pricing/"
CLOUDFRONT = "https://aws.amazon.com/cloudfront/pricing/"
VANTAGE = "https://cur.vantage.sh/aws/amazoncloudfront/"
ROUTE_53 = "https://aws.amazon.com/route53/pricing/"
WAF = "https://aws.amazon.com/waf/pricing/"
CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
ATLAS = "https://www.mongodb.com/pricing"
FLEX = "https://www.mongodb.com/docs/atlas/billing/atlas-flex-costs/"
ATLAS_SERVICES = "https://www.mongodb.com/docs/atlas/billing/additional-services/"
SNS = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonSNS/current/eu-west-1/index.json"

PRICES = {
    # European edge locations are the dearer of the two most used for requests; transfer costs the same in both.
    "cloudfront_gb": Price(0.085, "GB", CLOUDFRONT, "", PAGE),
    "cloudfront_request": Price(0.0000012, "request", CLOUDFRONT, "", MEMORY),
    "cloudfront_function": Price(0.0000001, "invocation", VANTAGE, "", REPORT),
    "cloudfront_origin_gb": Price(0.020, "GB", CLOUDFRONT, "", MEMORY),
    "hosted_zone_month": Price(0.50, "zone", ROUTE_53, "2026-07", BILL),
    "dns_query": Price(0.0000004, "query", ROUTE_53, "", MEMORY),
    # 0.50 for an endpoint in AWS and 1.00 for HTTPS
    "health_check_month": Price(1.50, "health check", ROUTE_53, "", MEMORY),
    "web_acl_month": Price(5.00, "web ACL", WAF, "", MEMORY),
    "waf_rule_month": Price(1.00, "rule", WAF, "", MEMORY),
    "waf_request": Price(0.0000006, "request", WAF, "", MEMORY),
    "dashboard_month": Price(3.00, "dashboard", CLOUDWATCH, "", MEMORY),
    "composite_alarm_month": Price(0.50, "alarm", CLOUDWATCH, "", MEMORY),
    "metric_read": Price(0.00001, "metric", CLOUDWATCH, "", MEMORY),
    "insights_metric_month": Price(0.07, "metric", "https://fortem.dev/blog/ecs-fargate-monitoring/", "", REPORT),
    "sns_email": Price(0.00002, "e-mail", "https://aws.amazon.com/sns/pricing/", "", MEMORY),
    "sns_request": Price(0.0000005, "request", SNS, "2026-09-15", PRICE_LIST),
    "schedule_call": Price(0.000001, "call", "https://aws.amazon.com/eventbridge/pricing/", "", MEMORY),
    "key_month": Price(1.00, "key", "https://aws.amazon.com/kms/pricing/", "", REPORT),
    # Spot's price moves; AWS says only "up to 70 %". This is the part of the on-demand price that is paid.
    "fargate_spot_ratio": Price(0.35, "of on-demand", "https://aws.amazon.com/fargate/pricing/", "", MEMORY),
    # Flex: 8 at up to 100 operations a second, 15 at 200, 30 at 500 and never more
    "atlas_flex_low_month": Price(8.00, "month", FLEX, "", PAGE),
    "atlas_flex_step_month": Price(15.00, "month", FLEX, "", PAGE),
    "atlas_flex_high_month": Price(30.00, "month", FLEX, "", PAGE),
    "atlas_backup_gb": Price(0.14, "GB", ATLAS, "", MEMORY),
    "atlas_transfer_gb": Price(0.01, "GB", ATLAS, "", MEMORY),
    "atlas_endpoint_hour": Price(0.01, "h", ATLAS_SERVICES, "", MEMORY),
}
