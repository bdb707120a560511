"""Lists beside those of cases as tables to take away, under the conditions of their pages."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases import families
from cases.masking import mask_text
from cases.models import Case, Promise
from cases.querysets import may
from cases.sheets import MOST, Row, sheet
from cases.views.control import column_of, running_of
from cases.views.families import days_of, ensure_reader, shown_text
from cases.views.promises import PromiseFilter

_PART = 500


def _said(text: str, case: Case, user: User) -> str:
    return (
        text if may(user, Right.VIEW_CONTACTS, case) else mask_text(text, case.citizen.hidden_name)
    )


def _name(value: object) -> str:
    return "" if value is None else str(value)


@login_required
@require_safe
def promises(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The promises the list shows under these conditions, all its pages."""
    if not holds_anywhere(request.user, [Right.VIEW_CASES]):
        raise PermissionDenied
    asked = request.GET if request.GET else {"state": Promise.State.OPEN.value}
    form = PromiseFilter(asked, reader=request.user)
    visible = Promise.objects.visible_to(request.user)
    found = form.narrow(visible, timezone.localdate()) if form.is_valid() else visible.none()
    rows = (
        found.select_related("case__agency", "case__citizen", "case__executor", "moved_from")
        .defer("case__search")
        .order_by("until_on", "pk")[:MOST]
    )
    headers = (
        *(_("Until"), _("Promised"), _("Case"), _("Agency"), _("Executor"), _("State")),
        *(_("Moved from"), _("Proof")),
    )
    return sheet("promises", kind, headers, (_promise(row, request.user) for row in rows))


def _promise(row: Promise, user: User) -> Row:
    case = row.case
    return (
        row.until_on,
        _said(row.what, case, user),
        case.number,
        _name(case.agency),
        _name(case.executor),
        str(row.get_state_display()),
        row.moved_from.until_on if row.moved_from else None,
        _said(row.kept_proof, case, user),
    )


@login_required
@require_safe
def control(request: HttpRequest, kind: str) -> HttpResponseBase:
    """What is under personal control, beyond the cards of the board too."""
    user = request.user
    if not holds_anywhere(user, [Right.CONTROL_CASES]):
        raise PermissionDenied
    now = timezone.now()
    headers = (
        *(_("Case"), _("Heading"), _("State"), _("Agency"), _("Executor"), _("Reason")),
        *(_("Resolution"), _("Until"), _("Overdue"), _("Set by"), _("Set on"), _("Proposal")),
    )

    def rows() -> Iterator[Row]:
        for one in running_of(user)[:MOST]:
            case = one.case
            yield (
                case.number,
                _said(case.title, case, user),
                str(case.get_status_display()),
                _name(case.agency),
                _name(case.executor),
                _said(one.reason, case, user),
                _said(one.resolution, case, user),
                one.until_on,
                _("yes") if column_of(one, now) == "late" else "",
                _name(one.set_by),
                one.set_at,
                _said(one.proposal, case, user),
            )

    return sheet("control", kind, headers, rows())


@login_required
@require_safe
def copies(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Families of copied replies of the chosen days, the largest first."""
    ensure_reader(request)
    user = request.user
    days = days_of(request.GET.get("days"))
    headers = (
        *(_("Replies"), _("Replies of other agencies"), _("Agencies"), _("Authors")),
        *(_("First sent"), _("Last sent"), _("Text of the first")),
    )

    def rows() -> Iterator[Row]:
        after: families.Cursor = None
        given = 0
        while given < MOST:
            found, after = families.listed(user, days=days, after=after)
            for one in found:
                text = shown_text(one.first, user) if one.first else ""
                yield (
                    *(one.replies, one.others, one.agencies, one.authors),
                    *(one.first_on, one.last_on, text),
                )
            given += len(found)
            if after is None:
                return

    return sheet("copies", kind, headers, rows())
