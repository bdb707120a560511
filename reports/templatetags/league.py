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
    cells = [(code, _cells(links.get(code, ""))) for code in board.LEAGUE]
    base = escape(f"?{query}&agency=")
    return mark_safe(  # noqa: S308  names are escaped, all else is figures
        "\n".join(
            f'<tr><th scope="row"><a href="{base}{row.agency.pk}">'
            f"{escape(row.agency.short_name)}</a></th>"
            + "".join([draw(row.figures[code], row.agency.pk) for code, draw in cells])
            + f"<td>{_line(row.line)}</td></tr>"
            for row in rows
        )
    )


def _cells(link: str) -> Callable[[Figure, int], str]:
    few = escape(_("few: %(n)s"))
    address = escape(link)

    def draw(figure: Figure, agency: int) -> str:
        if figure.value is None:
            return f'<td class="num">{_NOTHING}</td>'
        text = escape(wording.worded(figure.code, figure.value))
        if address:
            text = f'<a href="{address}{agency}">{text}</a>'
        if not figure.enough:
            text += f' <small class="sub">{few % {"n": figure.denominator}}</small>'
        elif figure.low is not None:
            text += f' <small class="sub">{wording.interval(figure.low, figure.high)}</small>'
        return f'<td class="num">{text}</td>'

    return draw


def _line(values: list[float | None]) -> str:
    drawn = spark(values)
    if drawn is None:
        return _NOTHING
    words = escape(board.line_words("brush_off_share", values))
    return (
        f'<svg class="spark" viewBox="0 0 88 24" role="img" aria-label="{words}">'
        f'<polyline points="{drawn["points"]}"/>'
        f'<circle cx="{drawn["x"]}" cy="{drawn["y"]}" r="2.5"/></svg>'
    )
