"""Real requests through the edge, as the emulator's CloudFront has it."""

from collections.abc import Iterator

import pytest

from tests.unit.lab.edge.edge_stand import DOMAIN, SECRET, Edge, EdgeStand, static, until


@pytest.fixture(scope="module")
def kept(edge_stand: EdgeStand) -> Iterator[Edge]:
    """A distribution as an environment has it."""
    edge = edge_stand.create(edge_stand.config(behaviours=(static(),)))
    yield edge
    edge.delete()
    assert until(lambda: not edge.answers())


@pytest.fixture
def edge(kept: Edge, stand: EdgeStand) -> Edge:
    return kept


def test_a_page_comes_from_the_origin_with_all_that_the_viewer_has_sent(edge: Edge, stand: EdgeStand) -> None:
    answer = edge.ask("/login?next=%2Fa&x=1", "POST", body=b"user=me", Cookie="a=1; b=2", Authorization="Basic abc")
    assert (answer.status, answer.body, answer.cache) == (200, b"hello", "Miss")
    (asked,) = stand.origin.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/login?next=%2Fa&x=1", b"user=me")
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["host"] == DOMAIN
    assert headers["cookie"] == "a=1; b=2"
    assert headers["authorization"] == "Basic abc"
    assert headers["x-origin-verify"] == SECRET
    print(headers, answer.headers)
