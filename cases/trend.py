"""Coordinates of a small bar chart; a template draws them, the same numbers stand in a table."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, FOOT, HEAD = 640.0, 160.0, 18.0, 22.0


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    middle: str
    label_y: str
    value: int
    label: str  # "" where there is no room for it
    hot: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """`norm`: height of the line of what is usual, None without one."""

    bars: list[Bar]
    base: str
    norm: str | None


def chart(
    values: Sequence[int], labels: Sequence[str], *, usual: float | None = None, hot: float = 0
) -> Chart:
    """Bars over a common base; those above `hot` (0: three times the usual) stand out."""
    base = HEIGHT - FOOT
    highest = max([*values, usual or 0, 1])
    scale = (base - HEAD) / highest
    step = WIDTH / max(1, len(values))
    wide = min(51.0, step * 0.62)
    every = max(1, round(len(values) / 12))
    limit = hot or (3 * usual if usual else float("inf"))
    bars = []
    for at, (value, label) in enumerate(zip(values, labels, strict=True)):
        middle = step * (at + 0.5)
        height = value * scale
        shown = (len(values) - 1 - at) % every == 0
        bars.append(
            Bar(
                x=f"{middle - wide / 2:.1f}",
                y=f"{base - height:.1f}",
                width=f"{wide:.1f}",
                height=f"{height:.1f}",
                middle=f"{middle:.1f}",
                label_y=f"{base - height - 4:.1f}",
                value=value,
                label=label if shown else "",
                hot=value > limit,
            )
        )
    norm = None if usual is None else base - usual * scale
    return Chart(
        bars=bars,
        base=f"{base:.1f}",
        norm=None if norm is None else f"{norm:.1f}",
    )
