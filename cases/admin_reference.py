"""Rules and lists of the region: topics, routing, terms, thresholds, reasons, channels, events."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.admin_base import RightsAdmin
from agencies.admin_confirm import with_reason
from agencies.models import Agency
from agencies.zones import word_zone
from cases.models import (
    Case,
    Channel,
    DeadlineRule,
    LadderStep,
    MassEvent,
    Reason,
    ReplyTemplate,
    RoutingRule,
    Territory,
    Topic,
    TopicGroup,
    WorkflowSetting,
)
from cases.routing import Router, Rule
from deadlines import Roll, Term, Unit

PAST = timedelta(days=30)


class RegionAdmin(RightsAdmin):
    """Lists and rules concern every agency: only the region's administrator sees and edits."""

    region_wide = True


@admin.register(Territory)
class TerritoryAdmin(RegionAdmin):
    list_display = ("name", "code", "population", "zone_words")
    search_fields = ("name", "code")

    @admin.display(description=gettext_lazy("time zone"), ordering="time_zone")
    def zone_words(self, territory: Territory) -> str:
        return word_zone(territory.time_zone)


@admin.register(TopicGroup)
class TopicGroupAdmin(RegionAdmin):
    list_display = ("name", "code")
    search_fields = ("name", "code")


@admin.register(Topic)
class TopicAdmin(RegionAdmin):
    list_display = ("name", "group", "code", "severity", "kind", "photo_required", "is_active")
    list_filter = ("group", "is_active", "kind")
    list_select_related = ("group",)
    search_fields = ("name", "code", "belongs")
    autocomplete_fields = ("group",)


def _rule_values(rules: Any) -> list[Rule]:
    return [
        Rule(**row)
        for row in rules.values(
            "pk", "agency_id", "topic_id", "group_id", "territory_id", "from_on", "until_on"
        )
    ]


def try_on_past(rules: list[Rule], since: Any) -> tuple[int, Counter[tuple[int, int]]]:
    """(cases looked at, (agency now, agency by `rules`) -> number of cases that would differ).

    Cases received since then that are at an agency; one query, grouped in the database.
    """
    router = Router(rules)
    total = 0
    moved: Counter[tuple[int, int]] = Counter()
    facts = (
        Case.objects.filter(received_at__gte=since, agency__isnull=False)
        .order_by()
        .values_list("topic_id", "topic__group_id", "territory_id", "agency_id")
        .annotate(day=TruncDate("received_at"), count=Count("id"))
    )
    for topic, group, territory, agency, day, count in facts:
        total += count
        rule = router.pick(topic_id=topic, group_id=group, territory_id=territory, on=day)
        if rule is not None and rule.agency_id != agency:
            moved[agency, rule.agency_id] += count
    return total, moved


@admin.register(RoutingRule)
class RoutingRuleAdmin(RegionAdmin):
    may_delete = True
    list_display = ("what", "territory", "agency", "from_on", "until_on", "is_active", "note")
    list_filter = ("is_active", "group")
    list_select_related = ("topic", "group", "territory", "agency")
    search_fields = ("topic__name", "group__name", "territory__name", "agency__name", "note")
    autocomplete_fields = ("topic", "group", "territory", "agency")
    ordering = ("id",)
    actions = ("try_on_past_cases",)

    @admin.display(description=gettext_lazy("topic"))
    def what(self, rule: RoutingRule) -> str:
        return str(rule.topic or rule.group or _("any topic"))

    @admin.action(
        description=gettext_lazy("Try on past cases (nothing changes)"), permissions=["change"]
    )
    def try_on_past_cases(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """The rules in force, with the chosen ones as if they were: also drafts of today.

        Dates of the chosen rules are left out, so that a rule of next month can be tried.
        """
        chosen = {rule.pk: rule for rule in _rule_values(queryset)}
        others = RoutingRule.objects.filter(is_active=True).exclude(pk__in=chosen)
        tried = [replace(rule, from_on=None, until_on=None) for rule in chosen.values()]
        total, moved = try_on_past([*_rule_values(others), *tried], timezone.now() - PAST)
        names = {agency.pk: str(agency) for agency in Agency.objects.all()}
        return TemplateResponse(
            request,
            "admin/routing_trial.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Trial on past cases"),
                "opts": self.opts,
                "total": total,
                "moved": sum(moved.values()),
                "rows": [
                    {"count": count, "old": names.get(old, old), "new": names.get(new, new)}
                    for (old, new), count in moved.most_common()
                ],
            },
        )


UNITS = (
    (Unit.WORKING_MINUTES.value, gettext_lazy("working minutes")),
    (Unit.WORKING_HOURS.value, gettext_lazy("working hours")),
    (Unit.WORKING_DAYS.value, gettext_lazy("working days")),
    (Unit.CALENDAR_DAYS.value, gettext_lazy("calendar days")),
    (Unit.HOURS.value, gettext_lazy("hours, day and night")),
)
ROLLS = (
    (Roll.NONE.value, gettext_lazy("ends on that day")),
    (Roll.NEXT.value, gettext_lazy("moves to the next working day")),
    (Roll.PREVIOUS.value, gettext_lazy("moves to the preceding working day")),
)


def word_term(rule: DeadlineRule) -> str:
    """«30 календарных дней», «8 рабочих часов»."""
    return _word_amount(rule.amount, rule.unit)


def word_step(step: LadderStep) -> str:
    """When a rung of the ladder of reminders comes: «80 % срока», «+ 2 рабочих часа»."""
    if step.share is not None:
        return _("%(share)s %% of the term") % {"share": step.share}
    if not step.after:
        return _("end of the term")
    return f"+ {_word_amount(step.after, step.unit)}"


def _word_amount(n: int, unit: str) -> str:
    match unit:
        case Unit.WORKING_MINUTES.value:
            words = ngettext("%(n)d working minute", "%(n)d working minutes", n)
        case Unit.WORKING_HOURS.value:
            words = ngettext("%(n)d working hour", "%(n)d working hours", n)
        case Unit.WORKING_DAYS.value:
            words = ngettext("%(n)d working day", "%(n)d working days", n)
        case Unit.CALENDAR_DAYS.value:
            words = ngettext("%(n)d calendar day", "%(n)d calendar days", n)
        case _:
            words = ngettext("%(n)d hour", "%(n)d hours", n)
    return words % {"n": n}


def not_past(day: date) -> date:
    """The first day of a new version of a rule."""
    if day < timezone.localdate():
        raise forms.ValidationError(_("A version takes force today at the earliest."))
    return day


class DeadlineRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    unit = forms.ChoiceField(
        label=gettext_lazy("unit"),
        choices=UNITS,
    )
    roll = forms.ChoiceField(
        label=gettext_lazy("term ending on a day off"),
        choices=ROLLS,
        initial=Roll.NONE.value,
    )

    class Meta:
        model = DeadlineRule
        fields = "__all__"  # noqa: DJ007  read-only ones are left out by the admin

    def clean_in_force_from(self) -> date:
        return not_past(self.cleaned_data["in_force_from"])

    def clean(self) -> Any:
        """The combination must be one the core can count; it says no to the same ones."""
        data = super().clean() or {}
        if self.errors or "unit" not in data:
            return data
        if data["roll"] != Roll.NONE and data["unit"] != Unit.CALENDAR_DAYS:
            self.add_error("roll", _("Only a term in calendar days can end on a day off."))
        elif data["counts_day_zero"] and data["unit"] not in (
            Unit.CALENDAR_DAYS,
            Unit.WORKING_DAYS,
        ):
            self.add_error("counts_day_zero", _("Only a term in days has a first day."))
        else:
            try:
                Term(
                    code=data["code"],
                    amount=data["amount"],
                    unit=Unit(data["unit"]),
                    roll=Roll(data["roll"]),
                    counts_day_zero=data["counts_day_zero"],
                    cutoff=data["cutoff"] or None,
                )
            except ValueError:
                self.add_error("cutoff", _("Write the time as 17:00; elapsed hours have none."))
        return data


@admin.register(DeadlineRule)
class DeadlineRuleAdmin(RegionAdmin):
    """Versions: a row in force is never edited, it is replaced by a later one."""

    form = DeadlineRuleForm
    list_display = (
        "code",
        "title",
        "regime",
        "term",
        "min_severity",
        "in_force_from",
        "warning_only",
        "is_active",
    )
    list_filter = ("regime", "is_active", "warning_only")
    search_fields = ("code", "title", "source")
    ordering = ("code", "-in_force_from", "-id")
    actions = ("new_version",)
    all_fields: ClassVar[tuple[str, ...]] = (
        "code",
        "regime",
        "title",
        "start",
        "amount",
        "unit",
        "roll",
        "counts_day_zero",
        "cutoff",
        "warning_only",
        "min_severity",
        "source",
        "in_force_from",
        "is_active",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: DeadlineRule | None = None) -> Any:
        """Terms were counted by a row in force: all but its switch is history."""
        if obj is None or obj.in_force_from > timezone.localdate():
            return ()
        rest = tuple(name for name in self.all_fields if name != "is_active")
        return (*rest, "unit_words", "roll_words")

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is not None and self.get_readonly_fields(request, obj):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, **kwargs)

    @admin.display(description=gettext_lazy("amount"))
    def term(self, rule: DeadlineRule) -> str:
        return word_term(rule)

    @admin.display(description=gettext_lazy("unit"))
    def unit_words(self, rule: DeadlineRule) -> str:
        return str(dict(UNITS).get(rule.unit, rule.unit))

    @admin.display(description=gettext_lazy("term ending on a day off"))
    def roll_words(self, rule: DeadlineRule) -> str:
        return str(dict(ROLLS).get(rule.roll, rule.roll))

    def get_fields(self, request: HttpRequest, obj: DeadlineRule | None = None) -> Any:
        """A rule in force is read: its codes are said in words."""
        if obj is None or not self.get_readonly_fields(request, obj):
            return self.all_fields
        words = {"unit": "unit_words", "roll": "roll_words"}
        return [words.get(name, name) for name in self.all_fields]

    @with_reason(
        gettext_lazy("New version"),
        permissions=["change"],
        single=True,
        explained=gettext_lazy(
            "A copy in force from tomorrow is made; change in it what differs before the day comes."
        ),
    )
    def new_version(self, request: HttpRequest, rows: Sequence[DeadlineRule]) -> HttpResponse:
        rule = rows[0]
        day = timezone.localdate() + timedelta(days=1)
        same = DeadlineRule.objects.filter(code=rule.code, in_force_from__gte=day)
        ready = same.order_by("in_force_from").first()
        if ready is None:
            rule.pk = None
            rule._state.adding = True
            rule.in_force_from = day
            rule.save()
            ready = rule
            messages.success(request, _("A version from tomorrow was made: change what differs."))
        else:
            messages.info(request, _("There is a version that is not in force yet."))
        return redirect(reverse("admin:cases_deadlinerule_change", args=[ready.pk]))


@admin.register(WorkflowSetting)
class WorkflowSettingAdmin(RegionAdmin):
    """Limits of interim replies, moves, returns and reopenings; the newest row rules."""

    may_change = False
    fields = (
        "max_interims",
        "max_postponements",
        "max_returns",
        "max_reopenings",
        "rework_mark",
        "answers_before_ceasing",
        "resume_days",
        "waiting_days",
        "max_waitings",
        "sample_percent",
        "second_percent",
        "sample_seed",
    )
    list_display = ("created_at", *fields, "created_by")
    list_select_related = ("created_by",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new row begins as the one that rules now."""
        latest = WorkflowSetting.objects.first()
        return {name: getattr(latest, name) for name in self.fields} if latest else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.created_by = request.user
        super().save_model(request, obj, form, change)


@admin.register(Reason)
class ReasonAdmin(RegionAdmin):
    list_display = ("name", "kind", "code", "position", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Reason | None = None) -> Any:
        """Codes are stored with events and reviews: they stay."""
        return ("kind", "code") if obj is not None else ()


@admin.register(Channel)
class ChannelAdmin(RegionAdmin):
    list_display = ("name", "code", "regime", "is_public")
    search_fields = ("name", "code")


class TemplateTermFilter(admin.SimpleListFilter):
    title = gettext_lazy("last day")
    parameter_name = "term"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("soon", _("Expires soon")), ("past", _("Past its day"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "soon":
                return queryset.expiring(timezone.localdate())
            case "past":
                return queryset.expired(timezone.localdate())
        return queryset


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(RegionAdmin):
    """Offered to officials once approved; what is changed afterwards must be approved anew."""

    may_delete = True
    list_display = ("name", "agency", "group", "topic", "owner", "expires_on", "approved_at")
    list_filter = (
        "is_active",
        ("approved_at", admin.EmptyFieldListFilter),
        TemplateTermFilter,
        "group",
    )
    list_select_related = ("group", "topic", "agency", "owner")
    search_fields = ("name", "text")
    autocomplete_fields = ("group", "topic", "agency", "owner")
    fields = (
        *("name", "text", "blanks", "agency", "group", "topic", "owner", "expires_on"),
        *("is_active", "approved_at", "approved_by"),
    )
    readonly_fields = ("blanks", "approved_at", "approved_by")
    actions = ("approve",)

    @admin.display(description=gettext_lazy("variables"))
    def blanks(self, template: ReplyTemplate) -> str:
        return ", ".join(template.variables) or "—"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and {"text", "agency", "group", "topic"}.intersection(form.changed_data):
            obj.approved_at = obj.approved_by = None
            messages.warning(request, _("The template has changed: it must be approved again."))
        super().save_model(request, obj, form, change)

    @with_reason(
        gettext_lazy("Approve"),
        permissions=["change"],
        explained=gettext_lazy("From now on these templates are offered to officials."),
    )
    def approve(self, request: HttpRequest, rows: Sequence[ReplyTemplate]) -> None:
        for template in rows:
            if template.approved_at is None:
                template.approved_at, template.approved_by = timezone.now(), request.user
                template.save(update_fields=["approved_at", "approved_by"])
        messages.success(request, _("The templates are approved and offered to officials."))


@admin.register(MassEvent)
class MassEventAdmin(RegionAdmin):
    """One thing many write about, its decision and the approved text of the replies."""

    list_display = ("title", "territory", "topic", "starts_on", "ends_on")
    list_filter = ("territory",)
    list_select_related = ("territory", "topic")
    search_fields = ("title", "code")
    autocomplete_fields = ("territory", "topic")
    ordering = ("-starts_on", "-id")
