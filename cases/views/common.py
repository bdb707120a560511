"""What every page of a case begins with: the one scope."""

from django.db.models import Exists, OuterRef
from django.http import Http404

from agencies.models import User
from cases.models import Attachment, Case, Clock, Mark, Paper, Promise, Review


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
            "appeal",
            "rejection_by",
        )
        .defer("search")
        # Most cases have none of these: probes here save a statement each there.
        .annotate(
            has_files=Exists(Attachment.objects.filter(case=OuterRef("pk"))),
            has_reviews=Exists(Review.objects.filter(reply__case=OuterRef("pk"))),
            has_promises=Exists(Promise.objects.filter(case=OuterRef("pk"))),
            has_papers=Exists(Paper.objects.filter(case=OuterRef("pk"))),
            has_marks=Exists(Mark.objects.filter(case=OuterRef("pk"))),
            awaits_first_response=Exists(
                Clock.objects.running().filter(case=OuterRef("pk"), code="SN-PRIMARY")
            ),
        )
        .filter(number=number)
        .first()
    )
    if found is None:
        raise Http404
    return found
