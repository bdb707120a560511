"""Changes of accounts and rights, each with its row in the journal."""

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from rest_framework.authtoken.models import Token

from agencies.access import holds
from agencies.models import AccountEvent, Agency, AgencyUserPermission, User
from agencies.roles import Right, Role


def _permission(role: str) -> Permission:
    return Permission.objects.get(
        content_type__app_label="agencies",
        content_type__model="agency",
        codename=f"hold_{Role(role).value}",
    )


def _may_manage(actor: User | None, agency: Agency) -> None:
    """Without an actor the call comes from the command line, whose user owns the database."""
    if actor is not None and not holds(actor, Right.MANAGE_AGENCIES, agency.pk):
        raise PermissionDenied


@transaction.atomic
def grant_role(person: User, role: str, agency: Agency, *, actor: User | None = None) -> bool:
    """Give `person` the role on `agency` and its subtree; False when already held."""
    _may_manage(actor, agency)
    _, created = AgencyUserPermission.objects.get_or_create(
        user=person, permission=_permission(role), content_object=agency
    )
    if created:
        AccountEvent.objects.create(
            actor=actor, person=person, agency=agency, action="grant_role", data={"role": role}
        )
    return created


@transaction.atomic
def revoke_role(person: User, role: str, agency: Agency, *, actor: User | None = None) -> bool:
    """Take the role away; effective on the person's next request. False when not held."""
    _may_manage(actor, agency)
    deleted, _ = AgencyUserPermission.objects.filter(
        user=person, permission=_permission(role), content_object=agency
    ).delete()
    if deleted:
        AccountEvent.objects.create(
            actor=actor, person=person, agency=agency, action="revoke_role", data={"role": role}
        )
    return bool(deleted)


def end_tokens(person: User) -> None:
    """A new password or a switched-off account ends what was signed in by the old one.

    Sessions end by themselves: they carry a hash of the password.
    """
    Token.objects.filter(user=person).delete()


def record(
    person: User | None,
    action: str,
    *,
    actor: User | None,
    agency: Agency | None = None,
    **data: object,
) -> AccountEvent:
    """A row of the journal for a change that has no function of its own here."""
    return AccountEvent.objects.create(
        actor=actor, person=person, agency=agency, action=action, data=data
    )
