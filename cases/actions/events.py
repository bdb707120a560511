"""A case joins a mass event or leaves it: a fact beside its state."""

from django.db.models import Q

from agencies.models import User
from cases.actions.moving import moving
from cases.errors import BadChange
from cases.models import Case, MassEvent, OfferMember


def join_event(case: Case, *, actor: User, event: MassEvent, version: int | None = None) -> Case:
    """Make the case a member; what was offered of it is settled."""
    with moving(case, "join_event", actor, version=version) as step:
        if event.closed_at is not None:
            raise BadChange("event_closed", field="event")
        if step.case.event_id == event.pk:
            raise BadChange("event_joined", field="event")
        step.data = {"event": event.pk, "event_code": event.code, "event_title": event.title}
        if step.case.event_id is not None:
            step.data["before_event"] = step.case.event_id
        step.case.event = event
        offered = OfferMember.objects.filter(Q(event=event) | Q(offer__event=event))
        offered.filter(case=step.case).update(state=OfferMember.State.JOINED)
    return step.case


def leave_event(case: Case, *, actor: User, reason: str = "", version: int | None = None) -> Case:
    """Take the case out: it is about something else and is not offered to the event again."""
    with moving(case, "leave_event", actor, version=version) as step:
        event = step.case.event
        if event is None:
            raise BadChange("event_none", field="reason")
        step.data = {"event": event.pk, "event_title": event.title, "reason": reason}
        step.case.event = None
        OfferMember.objects.update_or_create(
            event=event, case=step.case, defaults={"state": OfferMember.State.REFUSED}
        )
    return step.case
