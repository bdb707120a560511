"""What every page of a case begins with: the one scope."""

from django.http import Http404

from agencies.models import User
from cases.dossier import whole_case
from cases.models import Case


def case_or_404(user: User, number: str) -> Case:
    """The case for its page, or 404: another agency's case does not exist (one query)."""
    found = whole_case(user, number)
    if found is None:
        raise Http404
    return found
