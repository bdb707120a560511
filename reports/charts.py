"""Coordinates of the small pictures; the templates draw them as SVG, with the figures beside."""

from collections.abc import Sequence
from functools import lru_cache

_WIDTH, _HEIGHT, _EDGE = 88.0, 24.0, 2.0


@lru_cache(maxsize=32)
def _across(count: int) -> tuple[str, ...]:
    """Where the points of a line stand from left to right."""
    step = (_WIDTH - 2 * _EDGE) / (count - 1)
    return tuple(f"{_EDGE + at * step:.1f}" for at in range(count))


def spark(values: Sequence[float | None]) -> dict[str, str] | None:
    """A line over the known values, the last one dotted; None where there are not two."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    if high == low:
        heights = [f"{_HEIGHT / 2:.1f}"] * len(known)
    else:
        height, range_ = _HEIGHT - 2 * _EDGE, high - low
        heights = [f"{_EDGE + height * (high - value) / range_:.1f}" for value in known]
    across = _across(len(values))
    if len(known) < len(values):
        across = tuple(x for x, value in zip(across, values, strict=True) if value is not None)
    points = [f"{x},{y}" for x, y in zip(across, heights, strict=True)]
    return {"points": " ".join(points), "x": across[-1], "y": heights[-1]}


def heat_level(value: float, highest: float) -> int:
    """1 to 5: how dark a cell is."""
    return 1 if highest <= 0 else min(5, 1 + int(5 * value / highest))


def bars(values: Sequence[int], *, width: int = 100) -> list[int]:
    """Lengths of bars out of `width`; a count that is there is seen."""
    highest = max(values, default=0)
    return [max(1, round(width * v / highest)) if v else 0 for v in values]
