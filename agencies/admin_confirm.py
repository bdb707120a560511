"""Actions of the administration: confirmed on a page of their own, with a reason that is kept.

The reason and the actor are told to the transaction (`agencies.changes.acting`): the history of
every row the action touches names both.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.changes import acting

# More rows at once are never a decision a person took with open eyes.
MOST_ROWS = 100


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=3,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept in the history of each row."),
    )


Perform = Callable[[Any, HttpRequest, Sequence[Any]], HttpResponse | None]
Check = Callable[[Any, HttpRequest, Sequence[Any]], str | None]


def _page(
    model_admin: Any, request: HttpRequest, form: ReasonForm, rows: Sequence[Any], **context: Any
) -> TemplateResponse:
    return TemplateResponse(
        request,
        "admin/confirm_action.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "form": form,
            "rows": rows,
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
            "back": reverse(f"admin:{model_admin.opts.label_lower.replace('.', '_')}_changelist"),
            **context,
        },
        status=422 if form.is_bound else 200,
    )


def with_reason(
    description: Any,
    *,
    permissions: Sequence[str],
    single: bool = False,
    explained: Any = "",
    check: Check | None = None,
) -> Callable[[Perform], Any]:
    """Make an action of a list: first its page with the rows and the reason, then the work.

    `single`: of one row only. `check` says in words why these rows will not do.
    """

    def made(perform: Perform) -> Any:
        @admin.action(description=description, permissions=permissions)
        def act(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
            rows = list(queryset[: MOST_ROWS + 1])
            refused = _refused(rows, single) or (check and check(model_admin, request, rows))
            if refused:
                messages.error(request, refused)
                return None
            confirmed = "confirmed" in request.POST
            form = ReasonForm(request.POST if confirmed else None)
            if confirmed and form.is_valid():
                with transaction.atomic():
                    acting(request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
                    return perform(model_admin, request, rows)
            return _page(
                model_admin, request, form, rows,
                title=description, action=perform.__name__, explained=explained,
            )  # fmt: skip

        act.__name__ = perform.__name__
        act.__doc__ = perform.__doc__
        return act

    return made


def _refused(rows: Sequence[Any], single: bool) -> str | None:
    if not rows:
        return _("Nothing was chosen.")
    if single and len(rows) > 1:
        return _("Choose one row.")
    if len(rows) > MOST_ROWS:
        words = ngettext("At most %(count)d row at once.", "At most %(count)d rows at once.",
                         MOST_ROWS)  # fmt: skip
        return words % {"count": MOST_ROWS}
    return None


def _in_the_way(model_admin: Any, request: HttpRequest, rows: Sequence[Any]) -> list[Any]:
    """What else would go or forbids it; PermissionDenied where a right is missing for that."""
    gone, _counts, missing, protected = model_admin.get_deleted_objects(rows, request)
    if missing:
        raise PermissionDenied
    return list(protected) if protected else []


@with_reason(gettext_lazy("Delete"), permissions=["delete"])
def delete_selected(model_admin: Any, request: HttpRequest, rows: Sequence[Any]) -> None:
    """In place of Django's, which asks for no reason."""
    if held := _in_the_way(model_admin, request, rows):
        messages.error(request, _("It is in use and stays: %(what)s") % {"what": held[0]})
        return
    for row in rows:
        model_admin.delete_model(request, row)
    words = ngettext("%(count)d row was deleted.", "%(count)d rows were deleted.", len(rows))
    messages.success(request, words % {"count": len(rows)})


def delete_one(model_admin: Any, request: HttpRequest, row: Any) -> HttpResponse:
    """The page «Delete» of one row."""
    held = _in_the_way(model_admin, request, [row])
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and not held:
        said = str(row)
        with transaction.atomic():
            acting(request.user, form.cleaned_data["reason"])  # type: ignore[arg-type]
            model_admin.delete_model(request, row)
        messages.success(request, _("Deleted: %(what)s") % {"what": said})
        name = model_admin.opts.label_lower.replace(".", "_")
        return HttpResponseRedirect(reverse(f"admin:{name}_changelist"))
    return _page(
        model_admin, request, form, [row], title=_("Delete"), danger=True, held=held, single=True
    )
