"""The ladder of reminders: when somebody is told of a term, and who."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin_reference import RegionAdmin, word_step
from cases.models import LadderStep
from cases.watch_tasks import queue_plan_again


class LadderStepForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = LadderStep
        fields = ("code", "share", "after", "unit", "level", "from_hours", "is_active")

    def clean(self) -> Any:
        data = super().clean() or {}
        if data.get("share") and data.get("after"):
            self.add_error("after", _("A warning comes before the end: leave this at 0."))
        if data.get("after") and not data.get("unit"):
            self.add_error("unit", _("Say in what this is counted."))
        return data


@admin.register(LadderStep)
class LadderStepAdmin(RegionAdmin):
    """A change holds for running terms too: they are planned anew in the background."""

    form = LadderStepForm
    list_display = ("when", "level", "from_hours", "is_active")
    list_display_links = ("when",)
    ordering = ("-share", "after", "id")

    @admin.display(description=gettext_lazy("when"))
    def when(self, step: LadderStep) -> str:
        return word_step(step)

    def get_readonly_fields(self, request: HttpRequest, obj: LadderStep | None = None) -> Any:
        return ("code",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        queue_plan_again()
