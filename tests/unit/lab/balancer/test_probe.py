import threading

from lab.balancer.book import Target
from lab.balancer.model import HealthCheck
from lab.balancer.probe import Prober, ask
from tests.unit.lab.balancer.balancer_stand import Toy, own_certificate, until

ONE = Target("arn", "127.0.0.2", 5000)


def test_it_asks_once_an_interval_and_tells_codes_that_fail() -> None:
    now, asked, codes = 0.0, threading.Semaphore(0), iter([500, 200])

    def fake(_target: Target, _check: HealthCheck) -> int | None:
        asked.release()
        return next(codes)

    prober = Prober(fake, lambda: now)
    check = HealthCheck(interval=10)
    answers: list[tuple[Target, int | None]] = []

    def answered(number: int) -> bool:
        answers.extend(prober.answers())
        return len(answers) == number

    prober.look_at(ONE, check)
    prober.look_at(ONE, check)
    assert until(lambda: answered(1))
    now = 11.0
    prober.look_at(ONE, check)
    assert until(lambda: answered(2))
    assert answers == [(ONE, 500), (ONE, None)]
    assert asked.acquire(blocking=False)
    assert asked.acquire(blocking=False)
    assert not asked.acquire(blocking=False)


def test_asking() -> None:
    target, check = Target("arn", "127.91.200.1", 5000), HealthCheck(timeout=1)
    toy = Toy("one", target.address, target.port)
    toy.status = 418
    assert ask(target, check) == 418
    toy.close()
    assert ask(target, check) is None


def test_asking_over_tls_whoever_has_signed_the_certificate() -> None:
    target, check = Target("arn", "127.91.200.2", 5000), HealthCheck(timeout=1, protocol="HTTPS")
    toy = Toy("one", target.address, target.port, own_certificate())
    toy.status = 418
    assert ask(target, check) == 418
    assert ask(target, HealthCheck(timeout=1)) is None
    toy.close()
