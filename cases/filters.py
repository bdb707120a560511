"""The query string of a list of cases: the same names in pages, API and saved links."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import BooleanWidget

from agencies.access import granted_agency_ids
from agencies.models import Agency, User
from agencies.roles import Right
from cases.directory import directory_of
from cases.finding import authors_of, may_be_name, query_of
from cases.models import Case, CaseKind, Channel, Regime, Territory, Topic, TopicGroup
from cases.workflow import Status


def _agencies(request: HttpRequest | None) -> QuerySet[Agency]:
    if request is None:
        return Agency.objects.none()
    return Agency.objects.granted_to(request.user, Right.VIEW_CASES)


def _people(request: HttpRequest | None) -> QuerySet[User]:
    if request is None:
        return User.objects.none()
    return User.objects.filter(agency__in=_agencies(request), is_active=True)


# The day after the calendar's last one is no day: «until 9999» means without an end.
LAST_DAY = date(9000, 1, 1)


def today_bounds() -> tuple[datetime, datetime]:
    """[start, end) of today in the current time zone."""
    start = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    return start, start + timedelta(days=1)


def granted_contacts(request: HttpRequest) -> frozenset[int] | None:
    """Agencies whose authors the reader sees; None: all."""
    return granted_agency_ids(request.user, Right.VIEW_CONTACTS)


def _sees_authors(known: frozenset[int] | None) -> bool:
    return known is None or bool(known)


def _written_by(authors: list[int], agencies: frozenset[int] | None) -> Q:
    found = Q(citizen__in=authors)
    return found if agencies is None else found & Q(agency__in=sorted(agencies))


class YesNoFilter(filters.BooleanFilter):
    """«not important» is an empty value, so that a saved link carries only what was chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        widget = BooleanWidget()
        widget.choices = [("", _("not important")), ("true", _("yes")), ("false", _("no"))]
        super().__init__(*args, widget=widget, **kwargs)


def _calendar() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class AnyOf(filters.MultipleChoiceFilter):
    """One IN over a column of the case: no DISTINCT, which would sort every wide row."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{f"{self.field_name}__in": list(value)}) if value else qs


class RowsField(forms.ModelMultipleChoiceField):
    """Codes become rows of the directory, which this process has at hand (no query)."""

    rows: Mapping[str, Model] = {}

    def clean(self, value: Any) -> list[Model]:
        codes = self.prepare_value(value) or []
        for code in codes:
            if code not in self.rows:
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": code},
                )
        return [self.rows[code] for code in dict.fromkeys(codes)]


class AnyRow(filters.ModelMultipleChoiceFilter):
    """Chosen by code, compared by key: the indexes hold keys.

    `directory`: the name of the rows in cases.directory; without one the database is asked.
    """

    def __init__(self, *args: Any, directory: str = "", **kwargs: Any) -> None:
        self.directory = directory
        if directory:
            self.field_class = RowsField
        super().__init__(*args, **kwargs)

    @property
    def field(self) -> Any:
        field = super().field
        request = self.get_request()
        if self.directory and request is not None:
            field.rows = self.rows_of(request)
        return field

    def rows_of(self, request: HttpRequest) -> dict[str, Any]:
        rows = getattr(directory_of(request.user), self.directory)
        if self.directory == "agencies":
            granted = granted_agency_ids(request.user, Right.VIEW_CASES)
            rows = rows if granted is None else {key: rows[key] for key in granted if key in rows}
        return {row.code: row for row in rows.values()}

    def filter(self, qs: Any, value: Any) -> Any:
        chosen = [row.pk for row in value] if value else []
        return qs.filter(**{f"{self.field_name}__in": chosen}) if chosen else qs


class AnyGroup(AnyRow):
    """A group is its topics: one list of keys of an index, not a join."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        groups = {group.pk for group in value}
        topics = directory_of(self.get_request().user).topics.values()
        return qs.filter(topic__in=[topic.pk for topic in topics if topic.group_id in groups])


class Named(str):
    """What was typed of an author's name, with the keys of those who are called so."""

    keys: list[int]


class NameField(forms.CharField):
    sees = False  # whether the reader sees who wrote anywhere: else no name is looked up

    def clean(self, value: Any) -> Any:
        name = Named(super().clean(value))
        keys = authors_of(name) if self.sees else []
        if keys is None:
            raise forms.ValidationError(_("Too many authors are called so: add another word."))
        name.keys = keys
        return name


class NameFilter(filters.CharFilter):
    field_class = NameField

    @property
    def field(self) -> Any:
        field = super().field
        request = self.parent.request
        field.sees = request is not None and _sees_authors(granted_contacts(request))
        return field


class CaseFilter(filters.FilterSet):
    """Unknown or invalid values give an error, never the unfiltered list."""

    status = AnyOf(choices=Status.choices, label=_("State"))
    regime = AnyOf(choices=Regime.choices, label=_("Regime"))
    kind = AnyOf(choices=CaseKind.choices, label=_("Kind of case"))
    channel = AnyRow(
        queryset=Channel.objects.all(),
        to_field_name="code",
        directory="channels",
        label=_("Source"),
    )
    agency = AnyRow(
        queryset=_agencies, to_field_name="code", directory="agencies", label=_("Agency")
    )
    executor = AnyRow(queryset=_people, to_field_name="username", label=_("Executor"))
    group = AnyGroup(
        field_name="topic__group",
        queryset=TopicGroup.objects.all(),
        to_field_name="code",
        directory="groups",
        label=_("Topic group"),
    )
    topic = AnyRow(
        queryset=Topic.objects.select_related("group"),
        to_field_name="code",
        directory="topics",
        label=_("Topic"),
    )
    territory = AnyRow(
        queryset=Territory.objects.all(),
        to_field_name="code",
        directory="territories",
        label=_("Territory"),
    )
    open = YesNoFilter(field_name="is_open", label=_("Open"))
    overdue = YesNoFilter(method="by_overdue", label=_("Overdue"))
    due_today = YesNoFilter(method="by_due_today", label=_("Due today"))
    flagged = YesNoFilter(field_name="flagged", label=_("Flagged"))
    control = YesNoFilter(method="by_control", label=_("Personal control"))
    repeat = YesNoFilter(method="by_repeat", label=_("Repeats"))
    mass = YesNoFilter(method="by_mass", label=_("Mass event"))
    returned = YesNoFilter(method="by_returned", label=_("Returned"))
    escalated = YesNoFilter(
        field_name="escalated_at", method="by_escalated", label=_("With the head of the agency")
    )
    interim = YesNoFilter(method="by_interim", label=_("Interim reply given"))
    waiting = YesNoFilter(method="by_waiting", label=_("The citizen is waited for"))
    received_from = filters.DateFilter(
        field_name="received_at",
        lookup_expr="date__gte",
        widget=_calendar(),
        label=_("Received from"),
    )
    received_until = filters.DateFilter(
        field_name="received_at",
        lookup_expr="date__lte",
        widget=_calendar(),
        label=_("Received until (inclusive)"),
    )
    # What was searched may be a name, and too many authors are called so.
    name_of_many = False

    author = NameFilter(method="by_author", label=_("Author"), max_length=200)
    q = filters.CharFilter(method="by_words", label=_("Words"), max_length=200)

    class Meta:
        model = Case
        fields: list[str] = []

    def __init__(self, data: Any = None, *args: Any, every: bool = False, **kwargs: Any) -> None:
        """Only the conditions given are built: twenty form fields cost more than the query.

        `every`: all of them, for the page on which conditions are chosen.
        """
        if data is not None and not every:
            given = self.base_filters
            self.base_filters = {name: given[name] for name in given if name in data}
        super().__init__(data, *args, **kwargs)

    def filter_queryset(self, queryset: Any) -> Any:
        """Dates become bounds of the local day, so that the index on received_at serves them."""
        data = dict(self.form.cleaned_data)
        for name, shift in (("received_from", 0), ("received_until", 1)):
            day = data.get(name)
            if day is not None:
                day = min(day, LAST_DAY)
                bound = timezone.make_aware(datetime.combine(day + timedelta(days=shift), time.min))
                queryset = (
                    queryset.filter(received_at__lt=bound)
                    if shift
                    else queryset.filter(received_at__gte=bound)
                )
        for name, value in data.items():
            if name not in ("received_from", "received_until"):
                queryset = self.filters[name].filter(queryset, value)
        return queryset

    def by_overdue(self, cases: Any, _name: str, value: bool) -> Any:
        now = timezone.now()
        return (
            cases.filter(is_open=True, due_at__lt=now)
            if value
            else cases.exclude(is_open=True, due_at__lt=now)
        )

    def by_due_today(self, cases: Any, _name: str, value: bool) -> Any:
        start, end = today_bounds()
        bounds = {"is_open": True, "due_at__gte": start, "due_at__lt": end}
        return cases.filter(**bounds) if value else cases.exclude(**bounds)

    def by_control(self, cases: Any, _name: str, value: bool) -> Any:
        return cases.filter(controlled_by__isnull=not value)

    def by_repeat(self, cases: Any, _name: str, value: bool) -> Any:
        return cases.filter(repeat_of__isnull=not value)

    def by_mass(self, cases: Any, _name: str, value: bool) -> Any:
        return cases.filter(event__isnull=not value)

    def by_returned(self, cases: Any, _name: str, value: bool) -> Any:
        return cases.filter(status=Status.REWORK) if value else cases.exclude(status=Status.REWORK)

    def by_escalated(self, cases: Any, _name: str, value: bool) -> Any:
        return cases.filter(escalated_at__isnull=not value)

    def by_interim(self, cases: Any, _name: str, value: bool) -> Any:
        return cases.filter(interims__gt=0) if value else cases.filter(interims=0)

    def by_waiting(self, cases: Any, _name: str, value: bool) -> Any:
        return cases.filter(waiting_until__isnull=not value)

    def by_author(self, cases: Any, _name: str, value: Named) -> Any:
        """Only where the reader sees who wrote: else a name could be tried out."""
        if not value:
            return cases
        return cases.filter(_written_by(value.keys, granted_contacts(self.request)))

    def by_words(self, cases: Any, _name: str, value: str) -> Any:
        """Words of the case; what may be a name is also looked for among authors (one query)."""
        if not value:
            return cases
        found = Q(search=query_of(value))
        known = granted_contacts(self.request)
        authors = authors_of(value) if _sees_authors(known) and may_be_name(value) else []
        self.name_of_many = authors is None
        return cases.filter(found | _written_by(authors, known) if authors else found)
