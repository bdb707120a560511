"""Administration of agencies, calendars, people and their roles."""

from copy import deepcopy
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models, transaction
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies import actions, history
from agencies.admin_base import ListOnlyAdmin, ReadOnlyAdmin, RightsAdmin
from agencies.admin_forms import (
    WEEKDAYS,
    CalendarDayForm,
    CalendarForm,
    NewPersonForm,
    OthersPasswordForm,
    PersonForm,
    word_role,
)
from agencies.changes import acting, watched_tables
from agencies.models import (
    AccountEvent,
    Agency,
    AgencyUserPermission,
    CalendarDay,
    Change,
    User,
    WorkingCalendar,
)
from agencies.roles import Right, Role
from agencies.zones import word_zone

admin.site.unregister(Group)  # roles are held on agencies, not through groups

# The names from the root down with the ids of equal names told apart: sorts the tree, and its
# length is twice the depth.
_TREE_PATH = """(
    with recursive up (parent_id, path) as (
        select a.parent_id, array[a.sort_name::text, a.id::text]
        from agencies_agency a where a.id = agencies_agency.id
        union all
        select p.parent_id, array[p.sort_name::text, p.id::text] || up.path
        from agencies_agency p join up on p.id = up.parent_id
    )
    select path from up order by cardinality(path) desc limit 1
)"""


@admin.register(Agency)
class AgencyAdmin(RightsAdmin):
    agency_path = "pk"
    list_display = ("tree_name", "kind", "zone_words", "calendar", "publish_own", "is_active")
    list_display_links = ("tree_name",)
    list_filter = ("kind", "is_active")
    list_select_related = ("calendar",)
    search_fields = ("name", "short_name", "code")
    autocomplete_fields = ("parent", "calendar", "curators")
    fieldsets = (
        (None, {"fields": ("name", "short_name", "code", "kind", "parent", "is_active")}),
        (gettext_lazy("Time"), {"fields": ("time_zone", "calendar")}),
        (gettext_lazy("Work with cases"), {"fields": ("curators", "publish_own")}),
        (gettext_lazy("Contacts"), {"fields": ("phone", "email")}),
    )

    def all_rows(self) -> models.QuerySet[Agency]:
        return Agency.objects.annotate(
            tree_path=RawSQL(_TREE_PATH, [], output_field=ArrayField(models.TextField()))  # noqa: S611
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("tree_path", "id")

    @admin.display(description=gettext_lazy("agency"))
    def tree_name(self, agency: Agency) -> str:
        depth = min(len(agency.tree_path) // 2 - 1, 6)  # type: ignore[attr-defined]
        return format_html('<span class="tree-{}">{}</span>', depth, agency.name)

    @admin.display(description=gettext_lazy("time zone"), ordering="time_zone")
    def zone_words(self, agency: Agency) -> str:
        return word_zone(agency.time_zone)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A role held on a region reaches every agency: only the whole region's administrator
        makes one."""
        if db_field.name == "kind" and self.scope(request) is not None:
            kwargs["choices"] = [
                choice for choice in Agency.Kind.choices if choice[0] != Agency.Kind.REGION
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Agency | None = None) -> Any:
        """The top of one's own branch stays where it hangs."""
        ids = self.scope(request)
        if obj is not None and ids is not None and obj.parent_id not in ids:
            return ("parent",)
        return ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if self.scope(request) is not None and "parent" in form.base_fields:
            form.base_fields["parent"].required = True
        return form

    def save_model(self, request: HttpRequest, obj: Agency, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        actions.record(
            None,
            "change_agency" if change else "create_agency",
            actor=request.user,
            agency=obj,
            fields=list(form.changed_data),
        )


class _CalendarRules(RightsAdmin):
    """Calendars serve all agencies: every administrator reads them, the region's one edits."""

    region_wide = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, self.view_rights, region_wide=False)


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(_CalendarRules):
    form = CalendarForm
    list_display = ("name", "code", "hours", "follows_production")
    search_fields = ("name", "code")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "code", "follows_production")}),
        (
            gettext_lazy("Working week"),
            {
                "fields": tuple(name for name, _title in WEEKDAYS),
                "description": gettext_lazy(
                    "Hours of each day as 09:00-13:00, 14:00-18:00; empty is a day off."
                ),
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": ("name", "code", "follows_production", "hours")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if self.has_change_permission(request, obj) else ("hours",)

    @admin.display(description=gettext_lazy("working week"))
    def hours(self, calendar: WorkingCalendar) -> str:
        return "; ".join(
            f"{title} {', '.join(f'{start}-{end}' for start, end in day)}"
            for (_name, title), day in zip(WEEKDAYS, calendar.week, strict=False)
            if day
        )


@admin.register(CalendarDay)
class CalendarDayAdmin(_CalendarRules):
    form = CalendarDayForm
    may_delete = True
    list_display = ("day", "kind", "calendar", "title", "replaces", "confirmed")
    list_filter = ("kind", "confirmed", "calendar")
    list_select_related = ("calendar",)
    search_fields = ("title", "source")
    ordering = ("-day", "-id")


@admin.register(User)
class PersonAdmin(RightsAdmin, UserAdmin):
    agency_path = "agency"
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = OthersPasswordForm
    list_display = ("full_name", "username", "position", "agency", "last_login", "is_active")
    list_display_links = ("full_name",)
    list_filter = ("is_active",)
    list_select_related = ("agency",)
    search_fields = ("username", "last_name", "first_name", "position")
    ordering = ("last_name", "first_name", "id")
    filter_horizontal = ()
    autocomplete_fields = ("agency",)
    readonly_fields = ("last_login", "date_joined", "held")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        (
            gettext_lazy("Person"),
            {
                "fields": (
                    "last_name",
                    "first_name",
                    "patronymic",
                    "position",
                    "agency",
                    "email",
                    "phone",
                )
            },
        ),
        (
            gettext_lazy("Roles"),
            {
                "fields": ("held", "revoke", ("grant_role", "grant_agency")),
                "description": gettext_lazy("A role covers the agency and all below it."),
            },
        ),
        (gettext_lazy("Important dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "last_name",
                    "first_name",
                    "patronymic",
                    "position",
                    "agency",
                    "password1",
                    "password2",
                )
            },
        ),
    )

    @admin.display(description=gettext_lazy("person"), ordering="last_name")
    def full_name(self, person: User) -> str:
        name = " ".join(filter(None, (person.last_name, person.first_name, person.patronymic)))
        return name or person.username

    def _roles(self, person: User) -> models.QuerySet[AgencyUserPermission]:
        return AgencyUserPermission.objects.filter(
            user=person, permission__codename__startswith="hold_"
        ).select_related("permission", "content_object")

    def _managed_roles(
        self, request: HttpRequest, person: User
    ) -> models.QuerySet[AgencyUserPermission]:
        rows = self._roles(person)
        ids = self.scope(request)
        return rows if ids is None else rows.filter(content_object__in=sorted(ids))

    @admin.display(description=gettext_lazy("roles held"))
    def held(self, person: User) -> str:
        return "; ".join(sorted(word_role(row) for row in self._roles(person))) or "—"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes the account of a person whose rights reach beyond one's own: a new
        password would hand those rights over."""
        if not super().has_change_permission(request, obj):
            return False
        ids = self.scope(request)
        if obj is None or obj.pk is None or ids is None or obj == request.user:
            return True
        return not self._roles(obj).exclude(content_object__in=sorted(ids)).exists()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        if obj == request.user or not self.has_change_permission(request, obj):
            first, person, _roles, *rest = self.fieldsets
            return (first, person, (_("Roles"), {"fields": ("held",)}), *rest)
        return self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ("is_active",) if obj is not None and obj == request.user else ()
        return (*self.readonly_fields, *own)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is not None:
            # Fields of the form that are not the model's: Django must not look for them there.
            kwargs["fields"] = [
                name
                for name in admin.utils.flatten_fieldsets(self.get_fieldsets(request, obj))
                if name not in ("revoke", "grant_role", "grant_agency")
                and name not in self.get_readonly_fields(request, obj)
            ]
        form = super().get_form(request, obj, **kwargs)
        fields = form.base_fields
        shown = admin.utils.flatten_fieldsets(self.get_fieldsets(request, obj))
        for name in ("revoke", "grant_role", "grant_agency"):
            if name in fields and name not in shown:
                del fields[name]
        if obj is not None and "revoke" in fields:
            # Declared fields are shared by all requests: narrowed ones must be this one's own.
            for name in ("revoke", "grant_agency"):
                fields[name] = deepcopy(fields[name])
            fields["revoke"].queryset = self._managed_roles(request, obj)
            agencies = self.admin_site._registry[Agency].get_queryset(request)
            fields["grant_agency"].queryset = agencies.order_by("tree_path")
            fields["grant_agency"].label_from_instance = _indented
        if "agency" in fields and self.scope(request) is not None:
            fields["agency"].required = True
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        action = "change_account" if change else "create_account"
        if change and "is_active" in form.changed_data:
            action = "switch_on" if obj.is_active else "switch_off"
            if not obj.is_active:
                actions.end_tokens(obj)
        if not change or form.changed_data:
            names = [name for name in form.changed_data if not name.startswith("password")]
            actions.record(obj, action, actor=request.user, agency=obj.agency, fields=names)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        person = form.instance
        # One's own roles are another administrator's to give: else numbers would become texts.
        if not change or person == request.user:
            return
        for row in form.cleaned_data.get("revoke") or ():
            role = row.permission.codename.removeprefix("hold_")
            if actions.revoke_role(person, role, row.content_object, actor=request.user):
                messages.info(request, _("Taken away: %(role)s") % {"role": word_role(row)})
        role, agency = form.cleaned_data.get("grant_role"), form.cleaned_data.get("grant_agency")
        if role and agency and actions.grant_role(person, role, agency, actor=request.user):
            said = f"{Role(role).label}: {agency}"
            messages.success(request, _("Given: %(role)s") % {"role": said})

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        with transaction.atomic():
            if request.method == "POST":
                acting(request.user)  # type: ignore[arg-type]
            return self._change_password(request, id, form_url)

    def _change_password(self, request: HttpRequest, id: str, form_url: str) -> Any:
        before = User.objects.filter(pk=id).values_list("password", flat=True).first()
        answer: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            person = User.objects.select_related("agency").get(pk=id)
            if person.password != before:
                actions.end_tokens(person)
                actions.record(person, "set_password", actor=request.user, agency=person.agency)
        return answer


def _indented(agency: Agency) -> str:
    depth = len(agency.tree_path) // 2 - 1  # type: ignore[attr-defined]
    return "\N{NO-BREAK SPACE}" * 3 * depth + agency.name


ACTIONS = {
    "grant_role": gettext_lazy("role given"),
    "revoke_role": gettext_lazy("role taken away"),
    "create_account": gettext_lazy("account created"),
    "change_account": gettext_lazy("account changed"),
    "switch_on": gettext_lazy("account switched on"),
    "switch_off": gettext_lazy("account switched off"),
    "set_password": gettext_lazy("password set"),
    "change_password": gettext_lazy("own password changed"),
    "create_agency": gettext_lazy("agency created"),
    "change_agency": gettext_lazy("agency changed"),
}


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnlyAdmin):
    view_rights = (Right.VIEW_AUDIT,)
    agency_path = "agency"
    list_display = ("at", "actor", "did", "person", "agency", "details")
    list_display_links = None
    list_select_related = ("actor", "person", "agency")
    search_fields = ("person__username", "person__last_name", "actor__last_name")
    ordering = ("-at", "-id")

    @admin.display(description=gettext_lazy("action"))
    def did(self, event: AccountEvent) -> str:
        return str(ACTIONS.get(event.action, event.action))

    @admin.display(description=gettext_lazy("details"))
    def details(self, event: AccountEvent) -> str:
        role = event.data.get("role")
        if role in Role.values:
            return str(Role(role).label)
        return ", ".join(_field_title(event, name) for name in event.data.get("fields", ()))

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        raise PermissionDenied

    history_view = change_view


def _field_title(event: AccountEvent, name: str) -> str:
    model: type[models.Model] = Agency if event.action.endswith("_agency") else User
    try:
        return str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return name


class RegisterFilter(admin.SimpleListFilter):
    title = gettext_lazy("register")
    parameter_name = "register"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        kept = {model._meta.db_table for model in model_admin.admin_site._registry}
        named = [(table, history.title_of(table)) for table in watched_tables() if table in kept]
        return sorted(named, key=lambda row: row[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(table=self.value()) if self.value() else queryset


@admin.register(Change)
class ChangeAdmin(ListOnlyAdmin):
    """Every change of reference data, people and rights; nobody adds, changes or deletes one."""

    region_wide = True
    view_rights = (Right.VIEW_AUDIT,)
    list_display = ("at", "who", "what", "kind", "said", "reason")
    list_filter = (RegisterFilter, "kind")
    ordering = ("-id",)
    sortable_by = ()
    actions = None

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the names of everything the page speaks of (a query for each kind of thing)."""
        listed = super().get_changelist_instance(request)
        listed.result_list = list(listed.result_list)
        history.tell(listed.result_list)
        return listed

    @admin.display(description=gettext_lazy("who"))
    def who(self, change: Any) -> str:
        return change.actor or _("on the server")

    @admin.display(description=gettext_lazy("row"))
    def what(self, change: Any) -> str:
        return f"{capfirst(history.title_of(change.table))}: {change.subject}"

    @admin.display(description=gettext_lazy("what was changed"))
    def said(self, change: Any) -> str:
        """The fields with both values, long ones cut; the whole stands in the row's history."""
        short = Truncator
        return "; ".join(
            f"{one.title}: {short(one.was).chars(60)} → {short(one.became).chars(60)}"
            for one in change.told[:6]
        ) + ("; …" if len(change.told) > 6 else "")
