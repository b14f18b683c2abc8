"""`lab fault IMAGE MODE`: make an image misbehave, from outside it.

Tasks that run are faulty at once, later ones from the start; lab/runtime/gunicorn_faults.py is what does it.
"""

from lab import fault_files
from lab.fault_files import Faulted
from lab.images.reference import Reference
from lab.images.registry import Registry
from lab.part import LabError
from lab.registry.digests import is_digest
from lab.runtime.gunicorn_faults import MODES, Fault
from lab.settings import Settings

CLEAR = "none"
DEFAULT_SHARE = {"errors": 0.05, "overload": 0.5}
DEFAULT_DELAY = 2.0
DEFAULT_RATE = 10.0
SHARED = ("errors", "slow", "hang", "overload", "leak")


def make(mode: str, share: float | None = None, delay: float | None = None, rate: float | None = None) -> Fault | None:
    """The fault that these words mean, None for `none`. Raises LabError.

    `share` is 0 to 1, `delay` in seconds, `rate` in requests a second and task.
    """
    if mode == CLEAR:
        return None
    if mode not in MODES:
        raise LabError(f"no fault is called {mode!r}. There are: {CLEAR}, {', '.join(MODES)}")
    if share is not None and not 0 < share <= 1:
        raise LabError(f"the share is {share:g}, but must be above 0 and at most 1: 0.05 is one request in twenty")
    if delay is not None and not 0 <= delay < float("inf"):
        raise LabError(f"the delay is {delay:g} s, but must be a number of seconds from 0")
    if rate is not None and not 0 <= rate < float("inf"):
        raise LabError(f"the rate is {rate:g}, but must be a number of requests a second from 0")
    return Fault(
        mode,
        DEFAULT_SHARE.get(mode, 1.0) if share is None else share,
        DEFAULT_DELAY if delay is None else delay,
        DEFAULT_RATE if rate is None else rate,
    )


def inject(
    settings: Settings,
    image: str,
    mode: str,
    share: float | None = None,
    delay: float | None = None,
    rate: float | None = None,
    *,
    registry: Registry | None = None,
) -> str:
    """Give the image (NAME:TAG or a digest) this fault, or clear it with `none`; a line about it. Raises LabError."""
    fault = make(mode, share, delay, rate)
    digest = image if is_digest(image) else _digest(registry or Registry(settings), image)
    fault_files.put(settings, digest, image, fault)
    return describe(Faulted(digest, image, fault)) if fault else f"{image}: no fault"


def overview(settings: Settings, image: str | None = None) -> list[str]:
    """The faults there are (with `image`, of that image as the user named it), and the modes there could be."""
    there = [item for item in fault_files.listed(settings) if image in (None, item.label, item.digest)]
    modes = {CLEAR: "clear the fault", **MODES}
    return [
        *([describe(item) for item in there] or ["no faults"]),
        "",
        *(f"  {mode:<16}{words}" for mode, words in modes.items()),
    ]


def describe(faulted: Faulted) -> str:
    """One line for people."""
    fault = faulted.fault
    details = [f"{fault.share:.0%} of requests"] if fault.mode in SHARED else []
    details += [f"above {fault.rate:g} a second and task"] if fault.mode == "overload" else []
    details += [f"{fault.delay:g} s"] if fault.mode == "slow" else []
    return f"{faulted.label}: {fault.mode}" + (f" ({', '.join(details)})" if details else "")


def _digest(registry: Registry, image: str) -> str:
    try:
        digest = registry.find(Reference.parse(image))
    except ValueError as error:
        raise LabError(f"{error}: name an image as NAME:TAG or by its digest") from error
    if digest is None:
        raise LabError(f"no image {image} in the registry: `python -m lab image {image} --source DIR` makes one")
    return digest
