from lab.balancer.book import Target, TargetBook
from lab.balancer.health import QUIET, Observation
from lab.balancer.model import Endpoint

ONE = Target("arn", "127.0.0.2", 5000)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_from_registration_to_gone() -> None:
    clock = Clock()
    book = TargetBook(clock)
    book.register(ONE)
    assert book.endpoints("arn") == (Endpoint("127.0.0.2", 5000),)
    assert not book.gone(ONE)
    book.deregister(ONE, 300)
    assert book.endpoints("arn") == (Endpoint("127.0.0.2", 5000, draining=True),)
    for clock.now in (1.0, 1.0 + 2 * QUIET):
        book.observe({ONE: Observation(draining=True)})
    assert book.endpoints("arn") == ()
    assert not book.gone(ONE), "Envoy still has it"
    assert book.unsettled()
    book.observe({})
    assert book.gone(ONE)
    assert not book.unsettled()


def test_one_that_is_registered_again_while_it_drains_stays() -> None:
    clock = Clock()
    book = TargetBook(clock)
    book.register(ONE)
    book.deregister(ONE, 10)
    book.register(ONE)
    for clock.now in (1.0, 20.0):
        book.observe({ONE: Observation(draining=True)})
    assert book.endpoints("arn") == (Endpoint("127.0.0.2", 5000),)


def test_deregistering_twice_does_not_prolong() -> None:
    clock = Clock()
    book = TargetBook(clock)
    book.register(ONE)
    book.deregister(ONE, 10)
    clock.now = 9
    book.deregister(ONE, 10)
    clock.now = 10.5
    book.observe(None)
    assert book.of_group("arn") == []


def test_when_envoy_does_not_answer_only_the_deadline_counts() -> None:
    clock = Clock()
    book = TargetBook(clock)
    book.register(ONE)
    book.deregister(ONE, 10)
    for clock.now in (1.0, 5.0, 9.0):
        book.observe(None)
    assert book.of_group("arn") == [ONE]


def test_ports_of_one_address_are_targets_of_their_own_and_only_loopback_is_spoken_to() -> None:
    book = TargetBook(Clock())
    for target in (
        ONE,
        Target("arn", "127.0.0.2", 5001),
        Target("arn", "10.0.0.1", 5000),
        Target("other", "127.0.0.2", 5000),
    ):
        book.register(target)
    assert book.endpoints("arn") == (Endpoint("127.0.0.2", 5000), Endpoint("127.0.0.2", 5001))
    assert len(book.of_group("arn")) == 3
    book.forget_group("arn")
    assert book.of_group("arn") == []
    assert len(book.of_group("other")) == 1
