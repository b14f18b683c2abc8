"""The one place where the lab's parts are put together."""

from collections.abc import Callable

from lab import environment
from lab.ca import LocalCa
from lab.daemon import Daemon, Waker
from lab.database import DatabasePart
from lab.settings import Settings
from lab.state import STATUS_PAGE, State


def assemble(settings: Settings, waker: Waker) -> Daemon:
    """The lab of `settings`, not yet started. Raises LabError."""
    authority = LocalCa(settings)
    database = DatabasePart(settings, authority)
    database.launch()  # it needs a second for itself, while moto is imported here
    from lab.aws import apply_mends

    apply_mends(settings)
    from lab.alarms.part import AlarmsPart
    from lab.atlas.fleet import Fleet
    from lab.atlas.part import AtlasPart
    from lab.atlas.world import World
    from lab.aws import backends
    from lab.aws.faults import ApiFaults, hang_up
    from lab.aws.server import AwsServer
    from lab.balancer.part import BalancerPart
    from lab.balancer.targets import TargetRegistry
    from lab.ecs.part import EcsPart
    from lab.edge.part import EdgePart
    from lab.registry.part import RegistryPart
    from lab.scheduler.part import SchedulerPart

    world = World(settings, lambda: backends.vpc_endpoints(settings))
    pages: dict[str, Callable[[], object]] = {}
    daemon = Daemon(
        State(settings),
        AwsServer(settings, waker.wake, pages),
        [
            database,
            RegistryPart(settings),
            BalancerPart(settings, authority),
            EcsPart(settings, TargetRegistry(settings)),
            SchedulerPart(settings),
            EdgePart(settings, authority),
            AlarmsPart(settings),
            AtlasPart(
                settings, world, Fleet(settings, authority), waker.wake, ApiFaults.of(settings).take_named, hang_up
            ),
        ],
        waker,
        ready=lambda: environment.write(settings),
    )
    pages[STATUS_PAGE] = daemon.status
    return daemon
