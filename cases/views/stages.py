"""Where a case stands in its life cycle, as steps, and its moves in groups."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.doors import Door
from cases.models import Case
from cases.workflow import Status


@dataclass(frozen=True, slots=True)
class Step:
    """`state`: done, current or ahead."""

    title: Promise | str
    state: str
    at: datetime | None = None


_ENDS = {Status.REJECTED, Status.MERGED, Status.CEASED}
_DESK = {Status.RECEIVED, Status.MODERATION}
_CHECK = {Status.APPROVAL, Status.REVIEW}
_PAUSE = {Status.INTERIM, Status.PLANNED}


def steps_of(case: Case) -> list[Step]:
    """Received, desk, agency, check, answer, end; a promise between them where one was made."""
    status = Status(case.status)
    if status in _ENDS:
        return [
            Step(_("Received"), "done", case.received_at),
            Step(status.label, "done", case.closed_at),
        ]
    titles = [
        (_("Received"), case.received_at),
        (_("Desk"), case.registered_at),
        (_("Agency"), case.assigned_at),
        (_("Check"), case.submitted_at),
    ]
    if status in _PAUSE:
        titles.append((status.label, None))
    elif case.interims:
        titles.insert(3, (_("Interim reply"), None))
    titles += [(_("Answer"), case.answered_at), (_("Closed"), case.closed_at)]
    current = _current(status, [str(title) for title, _at in titles])
    return [
        Step(
            title,
            "done" if at < current else "current" if at == current else "ahead",
            moment if at < current else None,
        )
        for at, (title, moment) in enumerate(titles)
    ]


def _current(status: Status, titles: list[str]) -> int:
    """Index of the step the case is in; beyond the last one when all are done."""
    if status in _DESK:
        return 1
    if status in _CHECK:
        return titles.index(str(_("Check")))
    if status in _PAUSE:
        return titles.index(str(status.label))
    if status == Status.ANSWERED:
        return len(titles) - 1
    if status == Status.CLOSED:
        return len(titles)
    return 2


# What the menu of further moves calls its parts; the rest stands under the first title.
_GROUPS: tuple[tuple[Promise, frozenset[str]], ...] = (
    (
        _("Appeal by 59-FZ"),
        frozenset({"register_appeal", "forward_appeal", "short_notice", "extend_appeal", "cease"}),
    ),
    (
        _("Terms and control"),
        frozenset(
            {
                "extend",
                "set_control",
                "propose_lifting",
                "decline_lifting",
                "lift_control",
                "respond_first",
                "resume_planned",
            }
        ),
    ),
    (_("Promises"), frozenset({"add_promise", "keep_promise", "move_promise"})),
    (_("Other agencies"), frozenset({"ask_part"})),
    (
        _("Published reply"),
        frozenset({"recall_publication", "correct_reply", "record_mark", "close", "reopen"}),
    ),
)


def grouped_doors(
    doors: list[tuple[Door, str]],
) -> list[tuple[Promise | str, list[tuple[Door, str]]]]:
    """The doors of a menu under their titles, empty groups left out."""
    rest = list(doors)
    groups: list[tuple[Promise | str, list[tuple[Door, str]]]] = []
    for title, names in _GROUPS:
        some = [pair for pair in rest if pair[0].name in names]
        if some:
            groups.append((title, some))
            rest = [pair for pair in rest if pair not in some]
    return [*([(_("Case"), rest)] if rest else []), *groups]
