"""Rows of the league written by hand, as those of a list of cases (portal/templatetags/rows.py).

Six figures a row with interval and address, hundreds of rows: through templates they took longer
than all that is counted for them. Names go through `escape`; the rest are figures.
"""

from collections.abc import Callable
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from reports import board, wording
from reports.charts import spark
from reports.figures import Figure

register = template.Library()
_NOTHING = '<span class="faint">—</span>'


@register.simple_tag
def league_rows(rows: list[board.Ranked], links: dict[str, str], query: str) -> SafeString:
    """`links`: addresses of the rows behind, without the agency; `query`: what the page keeps."""
    cells = [(code, _cells(code, links.get(code, ""))) for code in board.LEAGUE]
    line = _lines("brush_off_share")
    base = escape(f"?{query}&agency=")
    return mark_safe(  # noqa: S308  names are escaped, all else is figures
        "\n".join(
            [
                f'<tr><th scope="row"><a href="{base}{row.agency.pk}">'
                f"{escape(row.agency.short_name)}</a></th>"
                + "".join([draw(row.figures[code], row.agency.pk) for code, draw in cells])
                + f"<td>{line(row.line)}</td></tr>"
                for row in rows
            ]
        )
    )


def _cells(code: str, link: str) -> Callable[[Figure, int], str]:
    few, write = escape(_("few: %(n)s")), wording.writer(code)
    address = escape(link)

    def draw(figure: Figure, agency: int) -> str:
        if figure.value is None:
            return f'<td class="num">{_NOTHING}</td>'
        text = write(figure.value)
        if address:
            text = f'<a href="{address}{agency}">{text}</a>'
        if not figure.enough:
            text += f' <small class="sub">{few % {"n": figure.denominator}}</small>'
        elif figure.low is not None:
            text += f' <small class="sub">{wording.interval(figure.low, figure.high)}</small>'
        return f'<td class="num">{text}</td>'

    return draw


def _lines(code: str) -> Callable[[list[float | None]], str]:
    said = board.line_writer(code)

    def draw(values: list[float | None]) -> str:
        drawn = spark(values)
        if drawn is None:
            return _NOTHING
        return (
            '<svg class="spark" viewBox="0 0 88 24" role="img"'
            f' aria-label="{escape(said(values))}">'
            f'<polyline points="{drawn["points"]}"/>'
            f'<circle cx="{drawn["x"]}" cy="{drawn["y"]}" r="2.5"/></svg>'
        )

    return draw
