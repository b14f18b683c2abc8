# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""AWS's price list: which of its rows is which price of ours, and what a file of it says. Pure.

Two forms are read: an offer file of the bulk API, and what the pricing API answers (`aws pricing get-products`).
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import PRICE_LIST, Price

PREFIX = r"(?:(?!TS-|IA-)[A-Z]{2,4}\d?-)?"
"""A region's own: EU-, USE1- or nothing. Not TS-, a balancer's trust store, nor IA-, storage for rare access."""


@dataclass(frozen=True)
class Row:
    """A row of an offer: the end of its usage type, the operation where the usage type is not enough."""

    offer: str
    usage: str
    unit: str
    operation: str = ""


APPLICATION = "LoadBalancing:Application"

ROWS: Mapping[str, Row] = {
    "nat_hour": Row("AmazonEC2", "NatGateway-Hours", "h", "NatGateway"),
    "nat_gb": Row("AmazonEC2", "NatGateway-Bytes", "GB", "NatGateway"),
    "ipv4_hour": Row("AmazonVPC", "PublicIPv4:InUseAddress", "h"),
    "endpoint_hour": Row("AmazonVPC", "VpcEndpoint-Hours", "h"),
    "endpoint_gb": Row("AmazonVPC", "VpcEndpoint-Bytes", "GB"),
    "cross_zone_gb": Row("AWSDataTransfer", "DataTransfer-Regional-Bytes", "GB"),
    "internet_gb": Row("AWSDataTransfer", "DataTransfer-Out-Bytes", "GB"),
    "fargate_x86_64_vcpu_hour": Row("AmazonECS", "Fargate-vCPU-Hours:perCPU", "vCPU-h"),
    "fargate_x86_64_gb_hour": Row("AmazonECS", "Fargate-GB-Hours", "GB-h"),
    "fargate_arm64_vcpu_hour": Row("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU", "vCPU-h"),
    "fargate_arm64_gb_hour": Row("AmazonECS", "Fargate-ARM-GB-Hours", "GB-h"),
    "balancer_hour": Row("AWSELB", "LoadBalancerUsage", "h", APPLICATION),
    "lcu_hour": Row("AWSELB", "LCUUsage", "LCU-h", APPLICATION),
    "secret_month": Row("AWSSecretsManager", "AWSSecretsManager-Secrets", "secret"),
    "secret_call": Row("AWSSecretsManager", "AWSSecretsManager-APIRequests", "call"),
    "log_in_gb": Row("AmazonCloudWatch", "DataProcessing-Bytes", "GB"),
    "flow_log_in_gb": Row("AmazonCloudWatch", "VendedLog-Bytes", "GB"),
    "log_kept_gb": Row("AmazonCloudWatch", "TimedStorage-ByteHrs", "GB"),
    "alarm_month": Row("AmazonCloudWatch", "CW:AlarmMonitorUsage", "alarm metric"),
    "metric_month": Row("AmazonCloudWatch", "CW:MetricMonitorUsage", "metric"),
    "image_gb": Row("AmazonECR", "TimedStorage-ByteHrs", "GB"),
    "table_write": Row("AmazonDynamoDB", "WriteRequestUnits", "write"),
    "table_read": Row("AmazonDynamoDB", "ReadRequestUnits", "read"),
    "table_gb": Row("AmazonDynamoDB", "TimedStorage-ByteHrs", "GB"),
    "table_backup_gb": Row("AmazonDynamoDB", "TimedPITRStorage-ByteHrs", "GB"),
}

OFFERS = tuple(dict.fromkeys(row.offer for row in ROWS.values()))


@dataclass(frozen=True)
class Product:
    """A row of a price list. `dimensions` are its price tiers, as AWS writes them."""

    offer: str
    attributes: Mapping[str, str]
    dimensions: tuple[Mapping[str, Any], ...]
    published: str


def products(name: str, text: str) -> Iterator[Product]:
    """Of a file's text. Raises InputError, with the file's `name`, where it is no price list."""
    try:
        document = json.loads(text)
        found = list(_api(document) if "PriceList" in document else _bulk(document))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"cost_price_file: {name} is not a price list of AWS's ({type(error).__name__}: {error}). "
            f"docs/cost.md says how to get one."
        ) from error
    yield from found


def one(text: str | Mapping[str, Any]) -> Product:
    """One item of what the pricing API answers."""
    item = json.loads(text) if isinstance(text, str) else text
    return Product(
        offer=item["serviceCode"],
        attributes=item["product"]["attributes"],
        dimensions=_dimensions(item["terms"].get("OnDemand", {}).values()),
        published=str(item.get("publicationDate", ""))[:10],
    )


def prices(rows: Iterable[Product], region: str) -> dict[str, Price]:
    """Ours among `rows`, by key. Raises InputError where two rows that fit have different prices."""
    found: dict[str, Price] = {}
    for row in rows:
        price, key = _first_paid(row), _key(row, region)
        if not key or price is None:
            continue
        new = Price(price, ROWS[key].unit, f"price list of {row.offer}", row.published, PRICE_LIST)
        if key in found and found[key].usd != new.usd:
            raise InputError(
                f"the price list has two prices of {key} in {region}, {found[key].usd:g} and {new.usd:g}: give the "
                f"right one in cost_prices, and leave {row.offer} out of cost_price_file."
            )
        found[key] = new
    return found


def _key(row: Product, region: str) -> str:
    where = row.attributes.get("regionCode") or row.attributes.get("fromRegionCode") or region
    usage, operation = row.attributes.get("usagetype", ""), row.attributes.get("operation", "")
    if where != region:
        return ""
    fitting = (
        key
        for key, ours in ROWS.items()
        if ours.offer == row.offer
        and ours.operation in ("", operation)
        and re.fullmatch(PREFIX + re.escape(ours.usage), usage)
    )
    return next(fitting, "")


def _first_paid(row: Product) -> float | None:
    """The price of the first tier that is not free: allowances are counted elsewhere."""
    tiers = sorted(row.dimensions, key=lambda tier: float(tier.get("beginRange", 0)))
    usd = (float(tier["pricePerUnit"].get("USD", 0)) for tier in tiers)
    return next((price for price in usd if price > 0), None)


def _bulk(document: Mapping[str, Any]) -> Iterator[Product]:
    terms = document["terms"].get("OnDemand", {})
    for sku, product in document["products"].items():
        yield Product(
            offer=document["offerCode"],
            attributes=product["attributes"],
            dimensions=_dimensions(terms.get(sku, {}).values()),
            published=str(document.get("publicationDate", ""))[:10],
        )


def _api(document: Mapping[str, Any]) -> Iterator[Product]:
    yield from (one(item) for item in document["PriceList"])


def _dimensions(terms: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(dimension for term in terms for dimension in term["priceDimensions"].values())
