"""AWS's price list: both forms of it, and what is refused."""

import json

import botocore.exceptions
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost import price_list
from ansible_collections.calstack.aws.plugins.module_utils._cost.price_source import LARGEST, from_api, from_files


def product(usage, operation="", region="eu-west-1"):
    return {"attributes": {"usagetype": usage, "operation": operation, "regionCode": region}}


def term(*tiers):
    """Tiers as (begin, USD)."""
    return {
        "t": {
            "priceDimensions": {
                str(number): {"beginRange": str(begin), "pricePerUnit": {"USD": str(usd)}, "unit": "x"}
                for number, (begin, usd) in enumerate(tiers)
            }
        }
    }


def offer(code, rows):
    """An offer file: rows are (product, term)."""
    return {
        "offerCode": code,
        "publicationDate": "2026-10-01T00:00:00Z",
        "products": {f"SKU{number}": row for number, (row, _) in enumerate(rows)},
        "terms": {"OnDemand": {f"SKU{number}": terms for number, (_, terms) in enumerate(rows)}},
    }


def answer(code, row, terms):
    """An item of the pricing API."""
    return json.dumps(
        {"serviceCode": code, "product": row, "terms": {"OnDemand": terms}, "publicationDate": "2026-10-02T00:00:00Z"}
    )


NAT = (product("EU-NatGateway-Hours", "NatGateway"), term((0, "0.0500")))
BALANCER = [
    (product("EU-LoadBalancerUsage", "LoadBalancing:Application"), term((0, 0.03))),
    (product("EU-LoadBalancerUsage", "LoadBalancing:Network"), term((0, 0.04))),
    (product("EU-TS-LoadBalancerUsage", "LoadBalancing:Application"), term((0, 0.005))),
    (product("TS-LoadBalancerUsage", "LoadBalancing:Application"), term((0, 0.005))),
]


def usd(document, region="eu-west-1"):
    found = price_list.prices(price_list.products("file", json.dumps(document)), region)
    return {key: price.usd for key, price in found.items()}


def test_an_offer_file_brings_its_prices_with_their_date():
    rows = price_list.products("nat.json", json.dumps(offer("AmazonEC2", [NAT])))
    (price,) = price_list.prices(rows, "eu-west-1").values()
    assert (price.usd, price.unit, price.date, price.verified) == (0.05, "h", "2026-10-01", True)


def test_what_the_command_line_prints_is_read_as_well():
    document = {"FormatVersion": "aws_v1", "PriceList": [answer("AmazonEC2", *NAT)]}
    assert usd(document) == {"nat_hour": 0.05}


def test_only_the_right_operation_counts_and_no_trust_store():
    assert usd(offer("AWSELB", BALANCER)) == {"balancer_hour": 0.03}


def test_another_regions_rows_do_not_count():
    assert usd(offer("AmazonEC2", [NAT]), "us-east-1") == {}


@pytest.mark.parametrize("usage", ["NatGateway-Hours", "USE1-NatGateway-Hours"])
def test_in_virginia_usage_types_have_a_prefix_or_none(usage):
    row = (product(usage, "NatGateway", "us-east-1"), term((0, 0.045)))
    assert usd(offer("AmazonEC2", [row]), "us-east-1") == {"nat_hour": 0.045}


def test_the_same_usage_type_of_another_offer_is_another_price():
    storage = (product("EU-TimedStorage-ByteHrs"), term((0, 0.1)))
    assert usd(offer("AmazonECR", [storage])) == {"image_gb": 0.1}
    assert usd(offer("AmazonCloudWatch", [storage])) == {"log_kept_gb": 0.1}
    assert usd(offer("AmazonS3", [storage])) == {}


def test_the_first_tier_that_is_not_free_is_the_price():
    row = (product("EU-TimedStorage-ByteHrs"), term((25, "0.283"), (0, "0.0"), (1000, "0.2")))
    assert usd(offer("AmazonDynamoDB", [row])) == {"table_gb": 0.283}


def test_transfer_is_found_by_where_it_comes_from():
    row = {"attributes": {"usagetype": "EU-DataTransfer-Out-Bytes", "fromRegionCode": "eu-west-1"}}
    assert usd(offer("AWSDataTransfer", [(row, term((0, 0.09)))])) == {"internet_gb": 0.09}


def test_storage_for_rare_access_is_not_ours():
    rows = [
        (product(f"{kind}TimedStorage-ByteHrs", region="us-east-1"), term((0, price)))
        for kind, price in (("", 0.25), ("IA-", 0.1))
    ]
    assert usd(offer("AmazonDynamoDB", rows), "us-east-1") == {"table_gb": 0.25}


def test_two_prices_for_one_thing_are_refused():
    other = (NAT[0], term((0, 0.06)))
    with pytest.raises(InputError, match=r"two prices of nat_hour in eu-west-1, 0.05 and 0.06"):
        usd(offer("AmazonEC2", [NAT, other]))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"PriceList": [1]}', '{"offerCode": "x", "products": {}}', "null", "3"]
)
def test_what_is_no_price_list_is_refused_by_name(text):
    with pytest.raises(InputError, match=r"cost_price_file: odd\.json is not a price list"):
        list(price_list.products("odd.json", text))


def test_a_folder_is_read_as_a_whole(tmp_path):
    (tmp_path / "nat.json").write_text(json.dumps(offer("AmazonEC2", [NAT])))
    (tmp_path / "elb.json").write_text(json.dumps(offer("AWSELB", BALANCER)))
    (tmp_path / "notes.txt").write_text("not a price list")
    assert from_files(str(tmp_path), "eu-west-1").keys() == {"nat_hour", "balancer_hour"}


def test_files_without_a_price_of_use_are_refused(tmp_path):
    (tmp_path / "nat.json").write_text(json.dumps(offer("AmazonEC2", [NAT])))
    with pytest.raises(InputError, match="no price of us-east-1"):
        from_files(str(tmp_path), "us-east-1")
    with pytest.raises(InputError, match="No such file"):
        from_files(str(tmp_path / "none.json"), "eu-west-1")


def test_a_file_too_large_to_read_is_refused(tmp_path):
    large = tmp_path / "ec2.json"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)  # sparse: takes no room
    with pytest.raises(InputError, match=r"has 100 MB.*only the rows that are needed"):
        from_files(str(large), "eu-west-1")


class Pricing:
    """A stand-in for boto3's pricing client: `rows` by offer, or an exception to raise."""

    def __init__(self, rows=None, error=None):
        self.rows, self.error, self.asked = rows or {}, error, []

    def get_paginator(self, name):
        assert name == "get_products"
        return self

    def paginate(self, ServiceCode, Filters, **_):  # noqa: N803 -- boto3's names
        if self.error:
            raise self.error
        self.asked.append((ServiceCode, {item["Field"]: item["Value"] for item in Filters}))
        return [{"PriceList": self.rows.get(ServiceCode, [])}]


def test_the_api_is_asked_once_an_offer_with_filters():
    client = Pricing({"AmazonEC2": [answer("AmazonEC2", *NAT)]})
    assert {key: price.usd for key, price in from_api(client, "eu-west-1").items()} == {"nat_hour": 0.05}
    asked = dict(client.asked)
    assert asked["AmazonEC2"] == {"regionCode": "eu-west-1", "productFamily": "NAT Gateway"}
    assert asked["AWSDataTransfer"] == {"fromRegionCode": "eu-west-1"}
    assert set(asked) == set(price_list.OFFERS)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            botocore.exceptions.ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": "not authorized: pricing:GetProducts"}},
                "GetProducts",
            ),
            "AccessDeniedException",
        ),
        (botocore.exceptions.NoCredentialsError(), "no AWS credentials"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="https://api.pricing"), "Check the network"),
    ],
)
def test_why_the_api_cannot_be_had_is_said(error, words):
    with pytest.raises(CalstackError, match=words):
        from_api(Pricing(error=error), "eu-west-1")
