"""Coordinates of the small pictures; the templates draw them as SVG, with the figures beside."""

from collections.abc import Sequence

_WIDTH, _HEIGHT, _EDGE = 88.0, 24.0, 2.0


def spark(values: Sequence[float | None]) -> dict[str, str] | None:
    """A line over the known values, the last one dotted; None where there are not two."""
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    low = min(value for _at, value in known)
    high = max(value for _at, value in known)
    step = (_WIDTH - 2 * _EDGE) / (len(values) - 1)
    height = _HEIGHT - 2 * _EDGE

    def y(value: float) -> float:
        return _HEIGHT / 2 if high == low else _EDGE + height * (high - value) / (high - low)

    points = [(f"{_EDGE + at * step:.1f}", f"{y(value):.1f}") for at, value in known]
    x, last = points[-1]
    return {"points": " ".join(f"{a},{b}" for a, b in points), "x": x, "y": last}


def heat_level(value: float, highest: float) -> int:
    """1 to 5: how dark a cell is."""
    return 1 if highest <= 0 else min(5, 1 + int(5 * value / highest))


def bars(values: Sequence[int], *, width: int = 100) -> list[int]:
    """Lengths of bars out of `width`; a count that is there is seen."""
    highest = max(values, default=0)
    return [max(1, round(width * v / highest)) if v else 0 for v in values]
