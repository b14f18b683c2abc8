"""What the edge costs a lab that does not use it."""

import subprocess
import sys

from lab.settings import CHECKOUT

LOADED = """
import sys, tempfile
from pathlib import Path
from lab.aws import apply_mends
from lab.settings import Settings
home = Path(tempfile.mkdtemp())
settings = Settings(home, "127.112", home)
apply_mends(settings)
from lab.edge import snapshot
from lab.edge.part import EdgePart
from lab.edge.zones import Zones
assert snapshot.read(settings, Zones(), lambda name, address: None).distributions == ()
assert snapshot.overview(settings, 0.0) == {"distributions": [], "zones": []}
print([name for name in ("cloudfront", "route53", "wafv2") if f"moto.{name}.models" in sys.modules])
home.rmdir()
"""


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
