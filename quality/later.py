"""Libraries loaded with the first text that is compared: numpy and rapidfuzz take twenty megabytes
of a process, which a web worker that checks no reply does without."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from rapidfuzz import distance
else:

    class _Later:
        def __init__(self, module: str) -> None:
            self._module = module

        def __getattr__(self, name: str) -> Any:
            found = getattr(import_module(self._module), name)
            setattr(self, name, found)  # asked for once
            return found

    np = _Later("numpy")
    distance = _Later("rapidfuzz.distance")

__all__ = ["distance", "np"]
