from pathlib import Path

import image_application
import pytest


@pytest.fixture
def application(tmp_path: Path) -> Path:
    return image_application.make(tmp_path / "application")
