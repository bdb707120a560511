"""The reply check for administrators: thresholds in force, weights compared and accepted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.admin_confirm import with_reason
from cases.admin_reference import RegionAdmin
from cases.checking import limits_of
from cases.models import QualitySetting, WeightProposal
from cases.verdicts import rehearse_threshold, replies_since
from quality import Model, Thresholds, default_model

_ROWS = (
    (gettext_lazy("AUC, brush-offs against good"), "auc_brush_good", "value"),
    (gettext_lazy("AUC, brush-offs against the rest"), "auc_brush_rest", "value"),
    (gettext_lazy("recall"), "recall", "share"),
    (gettext_lazy("precision"), "precision", "share"),
    (gettext_lazy("calibration error"), "calibration_error", ""),
)
_MOST_CHANGED = 20
_DAYS = 30  # what a threshold is rehearsed on


class QualitySettingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Another threshold is switched on by the second press, when its rehearsal was read."""

    rehearsed = forms.CharField(
        label=gettext_lazy("rehearsal"), required=False, widget=forms.HiddenInput
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        rows = QualitySetting.objects.order_by("-created_at", "-pk")
        now, _setting = limits_of(rows.first())
        new = Thresholds(flag=values["flag_from"], weights=now.weights).flag_in_force()
        token = f"{new:.6f}"
        if new == now.flag_in_force() or values.get("rehearsed") == token:
            return values
        since = timezone.now() - timedelta(days=_DAYS)
        found = rehearse_threshold(replies_since(since), new)
        self.data = self.data.copy()
        self.data[self.add_prefix("rehearsed")] = token
        told = _(
            "In %(days)d days %(replies)d replies: flagged %(flagged)d, would be %(then)d:"
            " +%(more)d, −%(fewer)d. Nothing is changed yet; save once more to switch it on."
        )
        raise forms.ValidationError(
            told
            % {
                "days": _DAYS,
                "replies": found.replies,
                "flagged": found.flagged,
                "then": found.rehearsed,
                "more": found.more,
                "fewer": found.fewer,
            }
        )


@admin.register(QualitySetting)
class QualitySettingAdmin(RegionAdmin):
    """The newest row rules; rows are added, never edited."""

    form = QualitySettingForm
    may_change = False
    list_display = ("created_at", "flag_from", "publish_own_until", "created_by")
    list_select_related = ("created_by",)
    fields = ("flag_from", "publish_own_until", "thresholds", "rehearsed")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new row begins as the one that rules now."""
        latest = QualitySetting.objects.first()
        return {name: getattr(latest, name) for name in self.fields[:-1]} if latest else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.created_by = request.user
        latest = QualitySetting.objects.first()
        if latest is not None:
            obj.weights = latest.weights  # new thresholds leave accepted weights in force
        super().save_model(request, obj, form, change)


def _figure(figures: dict[str, Any], name: str, part: str) -> str:
    value = figures.get(name)
    if part and isinstance(value, dict):
        value = value.get(part)
    return f"{value:.3f}" if isinstance(value, float | int) and value == value else "—"


def accept(proposal: WeightProposal, person: Any) -> QualitySetting:
    """Put the proposed weights in force: a new row of settings, the thresholds stay."""
    Model.from_data(proposal.data)  # a broken description must not come into force
    with transaction.atomic():
        latest = QualitySetting.objects.first() or QualitySetting()
        setting = QualitySetting.objects.create(
            flag_from=None,  # the flag was fitted with the weights
            publish_own_until=latest.publish_own_until,
            thresholds=latest.thresholds,
            weights=proposal.data,
            created_by=person,
        )
        proposal.accepted_at = timezone.now()
        proposal.accepted_by = person
        proposal.save(update_fields=["accepted_at", "accepted_by"])
    return setting


@admin.register(WeightProposal)
class WeightProposalAdmin(RegionAdmin):
    """`calibrate_quality --from-verdicts` writes them; nothing rules before it is accepted."""

    may_add = False
    may_change = False
    list_display = ("created_at", "verdicts", "accepted_at", "accepted_by")
    list_select_related = ("accepted_by",)
    fields = ("created_at", "verdicts", "compared", "changed", "accepted_at", "accepted_by")
    readonly_fields = fields
    actions = ("accept_proposal",)

    @admin.display(description=gettext_lazy("before and after"))
    def compared(self, proposal: WeightProposal) -> SafeString:
        rows = [
            (title, _figure(proposal.before, name, part), _figure(proposal.after, name, part))
            for title, name, part in _ROWS
        ]
        return _table((_("figure"), _("before"), _("after")), rows)

    @admin.display(description=gettext_lazy("weights that change most"))
    def changed(self, proposal: WeightProposal) -> SafeString:
        old = default_model().marks
        new = proposal.data.get("marks", {})
        names = sorted({*old, *new}, key=lambda n: (-abs(new.get(n, 0) - old.get(n, 0)), n))
        rows = [
            (name, f"{old.get(name, 0):+.2f}", f"{new.get(name, 0):+.2f}")
            for name in names[:_MOST_CHANGED]
        ]
        return _table((_("sign"), _("before"), _("after")), rows)

    @with_reason(
        gettext_lazy("Put in force"),
        permissions=["accept"],
        single=True,
        explained=gettext_lazy("Replies are checked by these weights from now on."),
    )
    def accept_proposal(self, request: HttpRequest, rows: Sequence[WeightProposal]) -> None:
        accept(rows[0], request.user)
        messages.success(request, _("The weights are in force."))

    def has_accept_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission_of_region(request)

    def has_add_permission_of_region(self, request: HttpRequest) -> bool:
        """Who may add a row of settings may accept weights."""
        return self.admin_site._registry[QualitySetting].has_add_permission(request)


def _table(head: tuple[str, str, str], rows: list[tuple[Any, str, str]]) -> SafeString:
    body = format_html_join("", "<tr><th scope=row>{}</th><td>{}</td><td>{}</td></tr>", rows)
    return format_html(
        "<table><thead><tr><th scope=col>{}</th><th scope=col>{}</th><th scope=col>{}</th></tr>"
        "</thead><tbody>{}</tbody></table>",
        *head,
        body,
    )
