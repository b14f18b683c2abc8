"""The lab's command line: `python -m lab COMMAND`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.part import LabError
from lab.settings import Settings


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="lab", description="A local stand-in for AWS and Atlas, on loopback only.")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="start it; return when all is ready")
    commands.add_parser("down", help="end it; only logs stay")
    commands.add_parser("status", help="what runs; exit code 1 when it is down or something is wrong")
    logs = commands.add_parser("logs", help="the log of the lab, of a part or of a task")
    logs.add_argument("name", nargs="?", metavar="PART|TASK")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as it grows")
    image = commands.add_parser("image", help="make an image of a folder and push it")
    image.add_argument("name", metavar="NAME:TAG")
    image.add_argument("--source", required=True, type=Path, metavar="DIR", help="has app.py and requirements.txt")
    fault = commands.add_parser("fault", help="let the tasks of an image fail; without arguments: list")
    fault.add_argument("image", nargs="?", metavar="IMAGE", help="NAME:TAG or a digest")
    fault.add_argument("mode", nargs="?", metavar="MODE")
    fault.add_argument("--share", type=float, help="of the requests, above 0 up to 1")
    fault.add_argument("--delay", type=float, metavar="SECONDS")
    fault.add_argument("--rate", type=float, metavar="REQUESTS", help="a second and task, above which overload begins")
    api = commands.add_parser("fault-api", help="let calls of the AWS API fail; without arguments: list")
    api.add_argument("words", nargs="*", metavar="SERVICE ACTION MODE", help="as in: elbv2 ModifyRule lost; or none")
    api.add_argument("--times", type=int, default=0, metavar="N", help="hit N calls; by default all until cleared")
    return root


def run(given: argparse.Namespace, settings: Settings) -> int:
    match given.command:
        case "up":
            from lab.commands.up import up

            return up(settings)
        case "down":
            from lab.commands.down import down

            return down(settings)
        case "status":
            from lab.commands.status import status

            return status(settings)
        case "logs":
            from lab.commands.logs import logs

            return logs(settings, given.name, follow=given.follow)
        case "image":
            from lab.images import build_and_push

            build_and_push(settings, given.name, given.source)
            return 0
        case "fault-api":
            from lab import api_faults

            print("\n".join(api_faults.command(settings, given.words, given.times)))
            return 0
        case _:
            return _fault(given, settings)


def _fault(given: argparse.Namespace, settings: Settings) -> int:
    from lab import faults

    if given.mode:
        print(faults.inject(settings, given.image, given.mode, given.share, given.delay, given.rate))
    else:
        print("\n".join(faults.overview(settings, given.image)))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        return run(given, Settings.from_environment())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
