"""The lab with its balancer only: run it with LAB_HOME and LAB_NETWORK; answers until SIGTERM."""

import os
import signal
import sys

from lab.aws import apply_mends
from lab.daemon import Daemon, Waker
from lab.settings import Settings
from lab.state import State


def main() -> int:
    os.umask(0o077)
    settings, waker = Settings.from_environment(), Waker()
    apply_mends(settings)
    from lab.aws.server import AwsServer
    from lab.balancer.part import BalancerPart

    settings.run.mkdir(parents=True, exist_ok=True)
    daemon = Daemon(
        State(settings),
        AwsServer(settings, waker.wake, {}),
        [BalancerPart(settings)],
        waker,
        lambda: print("up", flush=True),
    )
    signal.set_wakeup_fd(waker.signal_fd, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop_soon())
    return daemon.run()


if __name__ == "__main__":
    sys.exit(main())
