"""The lab with its edge only: run it with LAB_HOME and LAB_NETWORK; answers until SIGTERM.

The folder gets the certificates of origins: `NAME.crt` and `NAME.key` for each name on the command line.
"""

import os
import signal
import sys

from lab.aws import acm, apply_mends
from lab.ca import LocalCa
from lab.daemon import Daemon, Waker
from lab.settings import Settings
from lab.state import State


def main() -> int:
    os.umask(0o077)
    settings, waker = Settings.from_environment(), Waker()
    apply_mends(settings)
    from lab.aws.server import AwsServer
    from lab.edge.part import EdgePart

    settings.run.mkdir(parents=True, exist_ok=True)
    authority = LocalCa(settings)
    acm.issue_with(authority.issue)
    for name in sys.argv[1:]:
        issued = authority.issue([name])
        (settings.home / f"{name}.crt").write_bytes(issued.certificate + issued.chain)
        (settings.home / f"{name}.key").write_bytes(issued.key)
    daemon = Daemon(
        State(settings),
        AwsServer(settings, waker.wake, {}),
        [EdgePart(settings, authority)],
        waker,
        lambda: print("up", flush=True),
    )
    signal.set_wakeup_fd(waker.signal_fd, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop_soon())
    return daemon.run()


if __name__ == "__main__":
    sys.exit(main())
