"""What most tests of the import begin with."""

from pathlib import Path
from typing import Any

import pytest

from intake.tests.command import files_in
from tests import factories


@pytest.fixture
def region(db: None, settings: Any, tmp_path: Path) -> dict[str, Any]:
    """Files in a folder of their own, the reference data, a topic, a territory, agencies."""
    files_in(settings, tmp_path / "files")
    factories.load_reference()
    factories.make_topic()
    factories.make_territory()
    return factories.make_region()
