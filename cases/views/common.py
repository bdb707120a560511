"""What every page of a case begins with: the one scope."""

from django.db.models import Exists, OuterRef
from django.http import Http404

from agencies.models import User
from cases.models import Attachment, Case, Review


def case_or_404(user: User, number: str) -> Case:
    """The case for its page, or 404: another agency's case does not exist."""
    found = (
        Case.objects.visible_to(user)
        .select_related(
            "agency",
            "agency__calendar",
            "topic__group",
            "territory",
            "channel",
            "citizen",
            "executor",
            "event",
            "controlled_by",
            "repeat_of",
            "merged_into",
        )
        .defer("search")
        # Most cases have neither: two probes here save two statements there.
        .annotate(
            has_files=Exists(Attachment.objects.filter(case=OuterRef("pk"))),
            has_reviews=Exists(Review.objects.filter(reply__case=OuterRef("pk"))),
        )
        .filter(number=number)
        .first()
    )
    if found is None:
        raise Http404
    return found
