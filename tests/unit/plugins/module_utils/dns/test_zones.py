"""Which hosted zone answers for a domain."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import Place, Zone, choose, zone_name

PARENT, CHILD, OTHER = Zone("Z1", "example.com"), Zone("Z2", "calstack.example.com"), Zone("Z3", "ample.com")
DOMAIN = "dev.calstack.example.com"


def test_the_longest_one_that_the_domain_lies_in():
    assert choose([PARENT, CHILD, OTHER], Place(DOMAIN)) == CHILD
    assert choose([PARENT, OTHER], Place(DOMAIN)) == PARENT
    assert choose([OTHER], Place(DOMAIN)) is None


def test_the_one_that_is_asked_for():
    assert choose([PARENT, CHILD], Place(DOMAIN, zone_name="Example.com.")) == PARENT
    assert choose([PARENT, CHILD], Place(DOMAIN, zone_id="/hostedzone/Z1")) == PARENT
    assert choose([PARENT], Place(DOMAIN, zone_name="calstack.example.com")) is None


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(DOMAIN, zone_name="example.org"), "dns_zone_name is example.org, but dev"),
        (Place(DOMAIN, zone_id="Z9"), "dns_zone_id is Z9, but this account has no public hosted zone"),
        (Place(DOMAIN, zone_id="Z3"), "dns_zone_id is Z3, the zone ample.com, which dev"),
    ],
)
def test_one_that_cannot_hold_the_domain_is_refused(place, words):
    with pytest.raises(InputError, match=words):
        choose([PARENT, CHILD, OTHER], place)


def test_of_two_with_one_name_ours_else_none():
    twin = Zone("Z7", CHILD.name)
    with pytest.raises(InputError, match=r"2 public hosted zones are called calstack\.example\.com: Z2 and Z7"):
        choose([CHILD, twin], Place(DOMAIN))
    ours = Zone("Z7", CHILD.name, ours=True)
    assert choose([CHILD, ours], Place(DOMAIN)) == ours
    assert choose([CHILD, twin], Place(DOMAIN, zone_id="Z7")) == twin


def test_a_new_one_is_called_by_the_domain_unless_a_name_is_given():
    assert zone_name(None, Place("Dev.Example.com.")) == "dev.example.com"
    assert zone_name(None, Place(DOMAIN, zone_name="calstack.example.com")) == "calstack.example.com"
    assert zone_name(PARENT, Place(DOMAIN)) == "example.com"
