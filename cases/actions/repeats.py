"""Repeats: the same person writes about the same thing after he was answered."""

from cases.models import Case, Citizen, Reply


def mark_repeat(case: Case) -> None:
    """Name the latest answered case of this author and topic (one query); nothing is saved here.

    A person's own mark stays. Anonymous authors are strangers to one another, and a case
    without a topic repeats nothing yet.
    """
    if case.repeat_of_id is not None or case.topic_id is None:
        return
    if case.citizen.kind == Citizen.Kind.ANONYMOUS:
        return
    earlier = (
        Case.objects.filter(
            citizen_id=case.citizen_id,
            topic_id=case.topic_id,
            registered_at__lte=case.registered_at,
            answered_at__isnull=False,
            replies__state=Reply.State.PUBLISHED,
            replies__kind=Reply.Kind.FINAL,
        )
        .exclude(pk=case.pk)
        .order_by("-answered_at")
        .values_list("pk", flat=True)
        .first()
    )
    case.repeat_of_id = earlier
