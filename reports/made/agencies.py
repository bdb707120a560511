"""R2, R3, R14: how agencies work, inside their classes; where what is overdue stands."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.workflow import Status
from reports.board import CLASSES
from reports.content import Row, scaled
from reports.definitions import Report, Table
from reports.figures import Figure
from reports.frame import Frame
from reports.metrics import METRICS

_CLASS = {kind: at for at, (_code, _title, kinds) in enumerate(CLASSES) for kind in kinds}


def class_of(agency: Agency) -> str:
    return CLASSES[_CLASS.get(agency.kind, len(CLASSES) - 1)][0]


def in_classes(
    frame: Frame, agencies: Iterable[int], order: dict[int, tuple[object, ...]]
) -> list[int]:
    """Class after class; inside by `order`, then by name."""
    known = frame.directory.agencies
    return sorted(
        (pk for pk in agencies if pk in known),
        key=lambda pk: (_CLASS.get(known[pk].kind, 9), order.get(pk, ()), frame.agency_key(pk)),
    )


def first_best(figure: Figure) -> tuple[object, ...]:
    """Those that may be compared stand first, the best of them at the top."""
    value = figure.value if figure.value is not None else 0.0
    better = METRICS[figure.code].better or 1
    return (not figure.enough, -better * value if figure.enough else 0.0)


def no_marks(frame: Frame) -> list[str]:
    """Said where nobody gave a mark: the rating rests on its other parts then."""
    return [] if frame.sums["marks"] else ["no_marks"]


RATING = ("received", "rating", "in_time", "brush_off_share", "satisfaction")


def rating_rows(frame: Frame) -> list[Row]:
    found = frame.agencies(RATING)
    order = {pk: first_best(figures["rating"]) for pk, figures in found.items()}
    return [
        [
            class_of(frame.directory.agencies[pk]), pk,
            *(scaled(found[pk][code]) for code in RATING),
        ]
        for pk in in_classes(frame, found, order)
    ]  # fmt: skip


RATING_PARTS = ("in_time", "brush_off_share", "satisfaction", "marked_share", "rating")

R2 = Report(
    "r2",
    _("Rating of agencies"),
    _("Speed 40, quality 40, satisfaction 20: inside a class, with intervals, from two cases on."),
    (
        Table(
            "whole", _("The whole"), ("metric", "value", "before"),
            lambda frame: frame.pairs(RATING_PARTS),
        ),
        Table(
            "agencies", _("Agencies inside their classes"), ("class", "agency", *RATING),
            rating_rows,
            note=_(
                "Agencies with few cases stand last and are not compared. People are not rated."
            ),
        ),
    ),
    notes=no_marks,
)  # fmt: skip


# Where a case waits, by its state.
STAGES: dict[str, tuple[str, ...]] = {
    "moderation": (Status.RECEIVED, Status.MODERATION),
    "agency": (Status.ROUTED, Status.IN_WORK, Status.REDIRECT_ASKED, Status.REOPENED),
    "approval": (Status.APPROVAL, Status.REVIEW),
    "rework": (Status.REWORK,),
    "promised": (Status.INTERIM, Status.PLANNED),
}
_STAGE = (
    "case "
    + " ".join(
        f"when c.status in ({', '.join(repr(str(s)) for s in states)}) then '{stage}'"
        for stage, states in STAGES.items()
    )
    + " end"
)


def stage_rows(frame: Frame) -> list[Row]:
    found = {
        stage: (total, late)
        for stage, total, late in frame.ask(
            f"select {_STAGE}, count(*), count(*) filter (where c.due_at < %(at)s)"
            f" from cases_case c where c.is_open{frame.within('c.agency_id')} group by 1"
        )
    }
    return [[stage, *found.get(stage, (0, 0))] for stage in STAGES]


def _late_by_agency(frame: Frame) -> dict[int, dict[str, int]]:
    late: dict[int, dict[str, int]] = {}
    for agency, stage, count in frame.ask(
        f"select c.agency_id, {_STAGE}, count(*) from cases_case c"
        f" where c.is_open and c.due_at < %(at)s and c.agency_id is not null"
        f"{frame.within('c.agency_id')} group by 1, 2"
    ):
        late.setdefault(agency, {})[stage] = count
    return late


def discipline_rows(frame: Frame) -> list[Row]:
    found, before = (
        frame.agencies(["overdue_share"]),
        frame.agencies(["overdue_share"], before=True),
    )
    late = _late_by_agency(frame)
    nothing = dict.fromkeys(("due", "due_late", "due_running"), 0)
    order: dict[int, tuple[object, ...]] = {
        pk: (-figures["overdue_share"].numerator,) for pk, figures in found.items()
    }
    rows: list[Row] = []
    for pk in in_classes(frame, found.keys() | late.keys(), order):
        counted = frame.agency_sums.get(pk, nothing)
        now = found.get(pk, {}).get("overdue_share") or Figure("overdue_share", 0, 0, None)
        was = before.get(pk, {}).get("overdue_share") or Figure("overdue_share", 0, 0, None)
        stages = late.get(pk, {})
        if not now.denominator and not stages:
            continue
        rows.append(
            [
                class_of(frame.directory.agencies[pk]), pk, counted["due"], counted["due_late"],
                counted["due_running"], scaled(now), scaled(was),
                stages.get("agency", 0) + stages.get("promised", 0),
                stages.get("approval", 0), stages.get("rework", 0),
            ]
        )  # fmt: skip
    return rows


def executor_rows(frame: Frame) -> list[Row]:
    """Of one agency only, and shown to its head only; by number of the account, not by place."""
    if frame.scope.ids is None or len(frame.scope.ids) != 1:
        return []
    return [
        [person, total, late]
        for person, total, late in frame.ask(
            "select c.executor_id, count(*), count(*) filter (where c.due_at < %(at)s)"
            " from cases_case c where c.is_open and c.agency_id = any(%(ids)s)"
            " and c.executor_id is not null group by 1 order by 1"
        )
    ]


R3 = Report(
    "r3",
    _("Discipline of terms"),
    _("Overdue by agency and by stage; by executor for the head of the agency alone."),
    (
        Table(
            "whole", _("The whole"), ("metric", "value", "before"),
            lambda frame: frame.pairs(("overdue_share", "in_time", "reply_time", "approval_time")),
        ),
        Table("stages", _("Where open cases wait now"), ("stage", "open", "overdue"), stage_rows),
        Table(
            "agencies", _("Agencies"),
            (
                *("class", "agency", "terms", "late", "running_late", "overdue_share"),
                *("share_before", "overdue_work", "overdue_approval", "overdue_rework"),
            ),
            discipline_rows,
            note=_("Terms owed to citizens that ended in the period; on the right how it is now."),
        ),
        Table(
            "executors", _("Executors"), ("person", "open", "overdue"), executor_rows,
            note=_("Only the head of the agency sees this. Nobody is ranked."), heads_only=True,
        ),
    ),
    now=True,
)  # fmt: skip


_HONEST = ("solved_share", "explained_share")


def honesty_rows(frame: Frame) -> list[Row]:
    found = frame.agencies(_HONEST)
    order: dict[int, tuple[object, ...]] = {}
    for pk, figures in found.items():
        explained = figures["explained_share"]
        order[pk] = (not explained.enough, -(explained.value or 0.0) if explained.enough else 0.0)
    rows: list[Row] = []
    for pk in in_classes(frame, found, order):
        closed = frame.agency_sums[pk]["solvable_closed"]
        if closed:
            postponed = frame.agency_sums[pk]["postponed"]
            rows.append(
                [
                    class_of(frame.directory.agencies[pk]), pk, closed,
                    *(scaled(found[pk][code]) for code in _HONEST), [postponed, closed],
                ]
            )  # fmt: skip
    return rows


R14 = Report(
    "r14",
    _("Honesty of outcomes"),
    _("What could be solved and was only explained, by agency, with intervals."),
    (
        Table(
            "whole", _("The whole"), ("metric", "value", "before"),
            lambda frame: frame.pairs(_HONEST),
        ),
        Table(
            "agencies", _("Agencies"),
            ("class", "agency", "solvable", *_HONEST, "postponed_share"), honesty_rows,
            note=_("Only cases that can be solved count. The largest share of “explained” first."),
        ),
    ),
)  # fmt: skip
