"""The description of the API: what is kept until somebody asks, and is then handed over whole."""

import threading

import pytest
from drf_spectacular import utils

from portal.api import documented


def test_who_asks_meanwhile_waits_for_the_whole_description(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    told: list[str] = []

    def slow(**words: str):
        def tell(_method: object) -> None:
            begun.set()
            assert go_on.wait(10)
            told.append(words["summary"])

        return tell

    monkeypatch.setattr(utils, "extend_schema", slow)
    monkeypatch.setattr(documented, "_WAITING", [(slow, {"summary": n}) for n in ("a", "b")])
    seen: list[int] = []

    def ask() -> None:
        documented.apply()
        seen.append(len(told))

    first, second = threading.Thread(target=ask), threading.Thread(target=ask)
    first.start()
    assert begun.wait(10)
    second.start()
    second.join(0.2)
    assert second.is_alive()
    go_on.set()
    first.join(10)
    second.join(10)
    assert seen == [2, 2]
