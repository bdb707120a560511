"""Rework: what was returned and why, the text before beside the text now."""

from dataclasses import dataclass
from typing import Any

from cases.models import Reply, Review
from cases.views.differences import DiffRow, difference


@dataclass(frozen=True, slots=True)
class Rework:
    """`review`: the verdict with its grounds (None where the author's mark returned it)."""

    previous: Reply
    review: Review | None
    lines: list[DiffRow]


def _returned(reply: Reply) -> Review | None:
    return next((review for review in reply.reviews.all() if review.returned), None)


def rework_of(replies: list[Reply], text: str | None) -> Rework | None:
    """`replies`: of the case, the newest first, reviews prefetched. `text`: what is being written
    now; None compares the newest reply with the returned one before it."""
    if text is None:
        rest, now = replies[1:], replies[0].text if replies else ""
    else:
        rest, now = replies, text
    for reply in rest:
        review = _returned(reply)
        if review is not None or reply.state == Reply.State.RETURNED:
            return Rework(reply, review, difference(reply.text, now))
    return None


def live_rework(case: Any, text: str) -> Rework | None:
    """For the text as it is typed (two queries)."""
    replies = list(case.replies.prefetch_related("reviews__reviewer").order_by("-version")[:5])
    return rework_of(replies, text)
