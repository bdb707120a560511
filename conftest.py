"""What tests of all rooms begin with."""

from typing import Any

import pytest


@pytest.fixture
def region() -> dict[str, Any]:
    """The reference data and a few agencies: `own` with `below` it, `beside`, `other`."""
    from tests import factories  # noqa: PLC0415  tests of the cores need no models

    factories.load_reference()
    return factories.make_region()
