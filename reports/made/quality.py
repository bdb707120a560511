"""R4, R5: what supervisors and the check say of replies; what comes again."""

from django.utils.translation import gettext_lazy as _

from reports.content import Row, scaled
from reports.definitions import Report, Table
from reports.frame import Frame, has
from reports.made.agencies import class_of, in_classes
from reports.measures import Kind, Sign

_QUALITY = ("flag_share", "brush_off_share", "rework_share", "photo_share", "satisfaction")


def _precision(frame: Frame) -> dict[int, list[int]]:
    """Agency -> [flagged replies called brush-offs, flagged replies judged]."""
    return {
        agency: [right, judged]
        for agency, right, judged in frame.facts(
            f"f.agency_id, count(*) filter (where {has(Sign.BRUSH_OFF)}), count(*)",
            Kind.REVIEW, where=has(Sign.FLAGGED), tail="group by 1",
        )
    }  # fmt: skip


def quality_rows(frame: Frame) -> list[Row]:
    found = frame.agencies(("flag_share", "brush_off_share", "rework_share"))
    right = _precision(frame)
    order: dict[int, tuple[object, ...]] = {}
    for pk, figures in found.items():
        share = figures["brush_off_share"]
        order[pk] = (not share.enough, -(share.value or 0.0) if share.enough else 0.0)
    rows: list[Row] = []
    for pk in in_classes(frame, found, order):
        counted = frame.agency_sums[pk]
        if not counted["checked"] and not counted["reviewed"]:
            continue
        good = counted["reviewed"] - counted["with_remarks"] - counted["brush_offs"]
        rows.append(
            [
                class_of(frame.directory.agencies[pk]), pk, counted["checked"],
                scaled(found[pk]["flag_share"]), counted["reviewed"], good,
                counted["with_remarks"], scaled(found[pk]["brush_off_share"]),
                scaled(found[pk]["rework_share"]), right.get(pk, [0, 0]),
            ]
        )  # fmt: skip
    return rows


_LAST = (
    "join lateral (select v.verdict, v.grounds from cases_review v where v.reply_id = f.item"
    " order by v.created_at desc, v.id desc limit 1) v on true"
)


def ground_rows(frame: Frame) -> list[Row]:
    return [
        [ground, count, bad]
        for ground, count, bad in frame.facts(
            # What is no code of the list are somebody's own words: they are only counted.
            "case when g.ground ~ '^[a-z][a-z0-9-]*$' then g.ground else 'own-words' end,"
            " count(*), count(*) filter (where v.verdict = 'brush_off')",
            Kind.REVIEW,
            f"{_LAST} cross join lateral jsonb_array_elements_text(v.grounds) as g(ground)",
            tail="group by 1 order by 2 desc, 1",
        )
    ]


def check_rows(frame: Frame) -> list[Row]:
    """Each check on judged replies: how often it spoke, and of those how many were brush-offs."""
    return [
        [code, count, [bad, count]]
        for code, count, bad in frame.facts(
            f"n.code, count(*), count(*) filter (where {has(Sign.BRUSH_OFF)})",
            Kind.REVIEW,
            "join lateral (select distinct n.code from cases_finding n"
            " where n.reply_id = f.item and n.severity <> 'praise') n on true",
            tail="group by 1 order by 2 desc, 1",
        )
    ]


def cause_rows(frame: Frame) -> list[Row]:
    """Verdicts by why they were given: of the random sample apart from the flagged."""
    return [
        [cause, total, good, remarks, [bad, total]]
        for cause, total, good, remarks, bad in frame.facts(
            "v.cause, count(*), count(*) filter (where v.verdict = 'good'),"
            " count(*) filter (where v.verdict = 'remarks'),"
            " count(*) filter (where v.verdict = 'brush_off')",
            Kind.REVIEW, "join cases_review v on v.reply_id = f.item",
            tail="group by 1 order by 1",
        )
    ]  # fmt: skip


R4 = Report(
    "r4",
    _("Quality of replies"),
    _("Flags of the check, verdicts of supervisors, grounds, and how often a flag was right."),
    (
        Table(
            "whole", _("The whole"), ("metric", "value", "before"),
            lambda frame: frame.pairs(_QUALITY),
        ),
        Table(
            "causes", _("Verdicts given"),
            ("cause", "reviewed", "good", "remarks", "brush_off_rate"),
            cause_rows,
            note=_("Only the random sample tells how many brush-offs the check lets pass."),
        ),
        Table("grounds", _("Grounds"), ("ground", "replies", "brush_offs"), ground_rows),
        Table(
            "checks", _("Checks on judged replies"), ("check", "replies", "brush_off_rate"),
            check_rows,
        ),
        Table(
            "agencies", _("Agencies"),
            (
                *("class", "agency", "checked", "flag_share", "reviewed", "good", "remarks"),
                *("brush_off_share", "rework_share", "precision"),
            ),
            quality_rows,
            note=_("A flag is the machine's, a brush-off is what a supervisor called so."),
        ),
    ),
)  # fmt: skip


def repeat_agencies(frame: Frame) -> list[Row]:
    found = frame.agencies(("received", "repeat_share"))
    before = frame.agencies(("repeat_share",), before=True)
    order: dict[int, tuple[object, ...]] = {
        pk: (-figures["repeat_share"].numerator,) for pk, figures in found.items()
    }
    return [
        [
            class_of(frame.directory.agencies[pk]), pk, scaled(found[pk]["received"]),
            scaled(found[pk]["repeat_share"]),
            scaled(before[pk]["repeat_share"]) if pk in before else [None, 0, 0, 0],
        ]
        for pk in in_classes(frame, found, order)
        if found[pk]["received"].numerator
    ]  # fmt: skip


def repeat_bases(frame: Frame) -> list[Row]:
    """By the same author, or by another one on the same topic and place."""
    (row,) = frame.facts(
        "count(*) filter (where c.citizen_id = r.citizen_id),"
        " count(*) filter (where c.citizen_id <> r.citizen_id)",
        Kind.RECEIVED,
        "join cases_case c on c.id = f.case_id join cases_case r on r.id = c.repeat_of_id",
        where=has(Sign.REPEAT),
    )
    return [["same_author", row[0]], ["same_place", row[1]]]


def repeat_topics(frame: Frame) -> list[Row]:
    rows = [
        [topic, territory, again, total]
        for topic, territory, again, total in frame.facts(
            f"f.topic_id, f.territory_id, count(*) filter (where {has(Sign.REPEAT)}), count(*)",
            Kind.RECEIVED,
            tail=f"group by 1, 2 having count(*) filter (where {has(Sign.REPEAT)}) > 0"
            " order by 3 desc, 1, 2 limit 300",
        )
    ]
    return [[topic, territory, again, [again, total]] for topic, territory, again, total in rows]


R5 = Report(
    "r5",
    _("Repeated messages"),
    _("By the same author or of the same place and topic after a final reply."),
    (
        Table(
            "whole", _("The whole"), ("metric", "value", "before"),
            lambda frame: frame.pairs(("received", "repeat_share", "solved_share")),
        ),
        Table("bases", _("Who writes again"), ("basis", "count"), repeat_bases),
        Table(
            "agencies", _("Agencies"),
            ("class", "agency", "received", "repeat_share", "share_before"), repeat_agencies,
        ),
        Table(
            "topics", _("Topics and territories"), ("topic", "territory", "repeat", "share"),
            repeat_topics,
        ),
    ),
)  # fmt: skip
