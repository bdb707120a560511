"""What tests of figures begin with."""

import pytest

from cases import following


@pytest.fixture
def all_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything counts as committed: a test's own transaction is open all the time."""
    monkeypatch.setattr(following, "_BOUND", "")
