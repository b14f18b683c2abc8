"""Rules of security groups, there and back."""

from ansible_collections.calstack.aws.plugins.module_utils._vpc.rules import normalise, permissions, traffic, without
from hypothesis import given
from hypothesis import strategies as st

PORTS = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(sorted)
TRAFFIC = st.one_of(
    st.builds(lambda protocol, ports: traffic(protocol, *ports), st.sampled_from(["tcp", "udp"]), PORTS),
    st.sampled_from([traffic("-1"), traffic("icmp", -1, -1), traffic("icmp", 8, -1), traffic("50")]),
)
PEERS = st.frozensets(
    st.sampled_from(["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/48", "sg-1", "sg-2", "pl-1"]), min_size=1
)
RULES = st.dictionaries(TRAFFIC, PEERS, max_size=5)


@given(RULES)
def test_what_is_sent_is_what_is_read(rules):
    assert normalise(permissions(rules)) == rules


@given(RULES, RULES)
def test_adding_what_is_missing_and_then_taking_what_is_too_much_leads_there(there, wanted):
    def union(one, other):
        return {name: one.get(name, frozenset()) | other.get(name, frozenset()) for name in one.keys() | other.keys()}

    between = union(there, without(wanted, there))
    assert without(wanted, between) == {}, "nothing wanted is cut at any time"
    assert without(between, without(there, wanted)) == wanted


def test_it_reads_as_people_say_it():
    web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    atlas = {"IpProtocol": "tcp", "FromPort": 27015, "ToPort": 27017, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}
    found = [
        web | {"IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "everybody"}]},
        web | {"IpRanges": [{"CidrIp": "10.0.0.0/8"}], "Ipv6Ranges": [], "PrefixListIds": [{"PrefixListId": "pl-1"}]},
        atlas,
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": []},
    ]
    assert normalise(found) == {
        "tcp 443": frozenset({"0.0.0.0/0", "10.0.0.0/8", "pl-1"}),
        "tcp 27015-27017": frozenset({"sg-1"}),
        "all": frozenset({"0.0.0.0/0"}),
    }
