"""What the API shows. A citizen's data is masked here, once, by the reader's rights."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agencies.models import User
from agencies.roles import Right
from cases.attachments import shown_name
from cases.dossier import Dossier
from cases.masking import mask_text
from cases.models import (
    Appeal,
    Attachment,
    Case,
    CaseEvent,
    CaseKind,
    Clock,
    Finding,
    Message,
    Outcome,
    Paper,
    Participation,
    Promise,
    Regime,
    Reply,
    Review,
)
from cases.querysets import may
from cases.workflow import Status
from portal.wording_events import event_detail, word_event
from quality import points


class Masking(serializers.Serializer):
    """Base of what belongs to a case: knows the reader and whether he sees contacts."""

    def _reader(self) -> User:
        return self.context["request"].user

    def _sees(self, case: Case) -> bool:
        return may(self._reader(), Right.VIEW_CONTACTS, case)

    def _text(self, text: str, case: Case, name: str = "") -> str:
        """`name`: of the author of these words, where he is not the case's."""
        return text if self._sees(case) else mask_text(text, name or case.citizen.hidden_name)


class PersonSerializer(serializers.Serializer):
    username = serializers.CharField()
    name = serializers.CharField(source="__str__")


class AgencyRefSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")


class CaseRowSerializer(Masking):
    """A row of a list."""

    number = serializers.CharField()
    title = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=Status.choices)
    regime = serializers.ChoiceField(choices=Regime.choices)
    fast_track = serializers.BooleanField()
    kind = serializers.ChoiceField(choices=CaseKind.choices)
    channel = serializers.CharField(source="channel.code")
    topic = serializers.CharField(source="topic.code", default=None, allow_null=True)
    territory = serializers.CharField(source="territory.code", default=None, allow_null=True)
    place = serializers.SerializerMethodField()
    severity = serializers.IntegerField()
    author = serializers.CharField(source="citizen.masked_name")
    agency = AgencyRefSerializer(allow_null=True)
    executor = PersonSerializer(allow_null=True)
    received_at = serializers.DateTimeField()
    registered_at = serializers.DateTimeField()
    assigned_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_blank=True)
    risk = serializers.FloatField(allow_null=True, help_text="0..1; 1 means surely a brush-off")
    score = serializers.SerializerMethodField(help_text="points of a hundred, as on screens")
    flagged = serializers.BooleanField()
    is_repeat = serializers.SerializerMethodField()
    is_controlled = serializers.SerializerMethodField()
    is_escalated = serializers.SerializerMethodField(
        help_text="returned too often: the head of the agency answers"
    )
    returns = serializers.IntegerField()
    version = serializers.IntegerField(help_text="the ETag; send it back in If-Match")

    def to_representation(self, case: Case) -> dict[str, Any]:
        """The fields above, by hand: one after another they cost a page three times its reading.

        A test holds it against them.
        """
        zone = timezone.get_current_timezone()

        def moment(value: datetime | None) -> str | None:
            if value is None:
                return None
            text = value.astimezone(zone).isoformat()
            return f"{text[:-6]}Z" if text.endswith("+00:00") else text

        agency, executor = case.agency, case.executor
        return {
            "number": case.number,
            "title": self.get_title(case),
            "status": case.status,
            "regime": case.regime,
            "fast_track": case.fast_track,
            "kind": case.kind,
            "channel": case.channel.code,
            "topic": case.topic.code if case.topic else None,
            "territory": case.territory.code if case.territory else None,
            "place": self.get_place(case),
            "severity": case.severity,
            "author": case.citizen.masked_name,
            "agency": {"code": agency.code, "name": str(agency)} if agency else None,
            "executor": {"username": executor.username, "name": str(executor)}
            if executor
            else None,
            "received_at": moment(case.received_at),
            "registered_at": moment(case.registered_at),
            "assigned_at": moment(case.assigned_at),
            "due_at": moment(case.due_at),
            "answered_at": moment(case.answered_at),
            "closed_at": moment(case.closed_at),
            "outcome": case.outcome,
            "risk": case.risk,
            "score": self.get_score(case),
            "flagged": case.flagged,
            "is_repeat": self.get_is_repeat(case),
            "is_controlled": self.get_is_controlled(case),
            "is_escalated": self.get_is_escalated(case),
            "returns": case.returns,
            "version": case.version,
        }

    def get_title(self, case: Case) -> str:
        return self._text(case.title, case)

    def get_place(self, case: Case) -> str:
        return self._text(case.place, case)

    def get_score(self, case: Case) -> int | None:
        return None if case.risk is None else points(case.risk)

    def get_is_repeat(self, case: Case) -> bool:
        return case.repeat_of_id is not None

    def get_is_escalated(self, case: Case) -> bool:
        return case.escalated_at is not None

    def get_is_controlled(self, case: Case) -> bool:
        return case.controlled_by_id is not None


class CitizenSerializer(serializers.Serializer):
    """Contacts and the full name are null without the right to see them."""

    name = serializers.CharField()
    kind = serializers.CharField()
    handle = serializers.CharField(allow_null=True)
    full_name = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    profile_url = serializers.CharField(allow_null=True)


def citizen_of(case: Case, sees: bool) -> dict[str, Any]:
    citizen = case.citizen
    return {
        "name": citizen.masked_name,
        "kind": citizen.kind,
        "handle": citizen.handle if sees else None,
        "full_name": citizen.name if sees else None,
        "phone": citizen.phone if sees else None,
        "address": citizen.address if sees else None,
        "profile_url": citizen.profile_url if sees else None,
    }


class MessageSerializer(Masking):
    id = serializers.IntegerField()
    channel = serializers.CharField(source="channel.code")
    version = serializers.IntegerField()
    text = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text="null without the right to see contacts")
    posted_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()

    def get_text(self, message: Message) -> str:
        return self._text(message.text, self.context["case"], message.author.hidden_name)

    def get_url(self, message: Message) -> str | None:
        return message.url if self._sees(self.context["case"]) else None


class FindingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Finding
        fields = ["code", "severity", "spans", "params"]


class ReviewSerializer(serializers.ModelSerializer):
    reviewer = PersonSerializer()

    class Meta:
        model = Review
        fields = ["verdict", "grounds", "remark", "returned", "reviewer", "created_at"]


class ReplySerializer(serializers.ModelSerializer):
    author = PersonSerializer(allow_null=True)
    findings = FindingSerializer(many=True)
    reviews = ReviewSerializer(many=True)
    score = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Reply
        fields = [
            "id",
            "version",
            "kind",
            "state",
            "outcome",
            "text",
            "author",
            "author_name",
            "submitted_at",
            "published_at",
            "published_url",
            "risk",
            "score",
            "flagged",
            "similarity",
            "rules_version",
            "findings",
            "reviews",
        ]


class EventSerializer(Masking):
    at = serializers.DateTimeField()
    move = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    actor = PersonSerializer(allow_null=True)
    on_behalf_of = serializers.SerializerMethodField(
        help_text="the absent person the actor stood in for; empty: nobody"
    )
    sentence = serializers.SerializerMethodField()
    detail = serializers.SerializerMethodField()

    def get_on_behalf_of(self, event: CaseEvent) -> str:
        return str(event.data.get("for_name", ""))

    def get_sentence(self, event: CaseEvent) -> str:
        return word_event(event)

    def get_detail(self, event: CaseEvent) -> str:
        return self._text(event_detail(event), self.context["case"])


class ClockSerializer(serializers.ModelSerializer):
    class Meta:
        model = Clock
        fields = [
            *("kind", "code", "started_at", "due_at", "stopped_at", "missed_at"),
            *("warning_only", "explanation"),
        ]


class AssignmentSerializer(serializers.Serializer):
    """Who held the case; each holding has its own executor's term."""

    agency = serializers.CharField(source="agency.code")
    executor = PersonSerializer(allow_null=True)
    at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField()


class PromiseSerializer(serializers.ModelSerializer):
    class Meta:
        model = Promise
        fields = [
            *("id", "reply", "what", "until_on", "state", "moved_from", "note", "kept_proof"),
            *("made_at", "due_at", "settled_at"),
        ]


class PaperSerializer(serializers.Serializer):
    """A letter or notice by 59-FZ; its file is the attachment."""

    kind = serializers.ChoiceField(choices=Paper.Kind.choices)
    number = serializers.CharField()
    dated = serializers.DateField()
    signer = serializers.CharField()
    attachment = serializers.IntegerField(source="attachment_id")


class AppealSerializer(serializers.ModelSerializer):
    papers = serializers.SerializerMethodField()

    class Meta:
        model = Appeal
        fields = [
            *("incoming_number", "received_at", "registered_at", "migration", "signer"),
            *("outgoing_number", "outgoing_on", "result", "extended_until"),
            *("extension_notice_at", "redirected_to", "redirect_notice_at", "short_notice_at"),
            *("ceased_notice_at", "papers"),
        ]

    @extend_schema_field(PaperSerializer(many=True))
    def get_papers(self, appeal: Appeal) -> Any:
        return PaperSerializer(Paper.objects.filter(case=appeal.case_id), many=True).data


class AttachmentSerializer(serializers.ModelSerializer):
    name = serializers.SerializerMethodField()

    def get_name(self, file: Attachment) -> str:
        return shown_name(file, self.context["case"], self.context["request"].user)

    class Meta:
        model = Attachment
        fields = [
            *("id", "name", "media_type", "size", "sha256", "created_at"),
            *("message", "reply"),
        ]


class ContributionSerializer(Masking):
    """What another agency is asked for and gave, as the case's agency reads it."""

    id = serializers.IntegerField(source="pk")
    agency = AgencyRefSerializer()
    person = PersonSerializer(allow_null=True)
    task = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=Participation.State.choices)
    due_at = serializers.DateTimeField()
    text = serializers.SerializerMethodField()
    given_by = PersonSerializer(allow_null=True)
    given_at = serializers.DateTimeField(allow_null=True)
    returns = serializers.IntegerField()

    def get_task(self, part: Participation) -> str:
        return self._text(part.task, self.context["case"])

    def get_text(self, part: Participation) -> str:
        given = part.state == Participation.State.GIVEN
        return self._text(part.text, self.context["case"]) if given else ""


class MoveSerializer(serializers.Serializer):
    """A move this person may make on this case now."""

    name = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()


class CaseSerializer(CaseRowSerializer):
    """The whole case as its page shows it."""

    # In the context: `dossier`, what hangs on the case (cases.dossier).

    citizen = serializers.SerializerMethodField()
    repeat_of = serializers.SerializerMethodField(help_text="null when it is not yours to open")
    merged_into = serializers.SerializerMethodField()
    control_reason = serializers.SerializerMethodField()
    controlled_until = serializers.DateField(allow_null=True)
    close_reason = serializers.CharField()
    extensions = serializers.IntegerField()
    interims = serializers.IntegerField()
    postponements = serializers.IntegerField()
    reopenings = serializers.IntegerField(help_text="by the author")
    first_response_at = serializers.DateTimeField(allow_null=True)
    escalated_at = serializers.DateTimeField(allow_null=True)
    rejection_reason = serializers.CharField(help_text="waits for a second person, or rejected")
    appeal = serializers.SerializerMethodField()
    assignments = serializers.SerializerMethodField()
    promises = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField(help_text="contributions of other agencies")
    waiting_until = serializers.DateTimeField(
        allow_null=True, help_text="the citizen was asked; his answer may come earlier"
    )
    split_part = serializers.SerializerMethodField(help_text="of a message that was split")
    siblings = serializers.SerializerMethodField(help_text="numbers of its other parts")
    hidden_siblings = serializers.SerializerMethodField(help_text="parts not yours to open")
    messages = serializers.SerializerMethodField()
    replies = serializers.SerializerMethodField()
    events = serializers.SerializerMethodField()
    clocks = serializers.SerializerMethodField()
    attachments = serializers.SerializerMethodField()
    moves = serializers.SerializerMethodField()

    def to_representation(self, case: Case) -> dict[str, Any]:
        return Masking.to_representation(self, case)

    @property
    def _dossier(self) -> Dossier:
        return self.context["dossier"]

    @extend_schema_field(CitizenSerializer)
    def get_citizen(self, case: Case) -> Any:
        return CitizenSerializer(citizen_of(case, self._sees(case))).data

    def _number(self, other: Case | None) -> str | None:
        """Another case is named only to who may open it."""
        if other is None or not may(self._reader(), Right.VIEW_CASES, other):
            return None
        return other.number

    def get_control_reason(self, case: Case) -> str:
        return self._text(case.control_reason, case)

    def get_repeat_of(self, case: Case) -> str | None:
        return self._number(case.repeat_of)

    def get_merged_into(self, case: Case) -> str | None:
        return self._number(case.merged_into)

    @extend_schema_field(AppealSerializer(allow_null=True))
    def get_appeal(self, case: Case) -> Any:
        if case.regime != Regime.LAW59:
            return None
        found = Appeal.objects.filter(case=case).first()
        return AppealSerializer(found).data if found else None

    @extend_schema_field(AssignmentSerializer(many=True))
    def get_assignments(self, case: Case) -> Any:
        found = self._dossier.assignments
        return AssignmentSerializer(found, many=True).data

    @extend_schema_field(PromiseSerializer(many=True))
    def get_promises(self, case: Case) -> Any:
        return PromiseSerializer(self._dossier.promises, many=True).data

    def get_split_part(self, case: Case) -> str:
        return self._text(case.split_part, case)

    def get_siblings(self, case: Case) -> list[str]:
        return [one.number for one in self._dossier.siblings]

    def get_hidden_siblings(self, case: Case) -> int:
        return self._dossier.hidden_siblings

    @extend_schema_field(ContributionSerializer(many=True))
    def get_parts(self, case: Case) -> Any:
        found = self._dossier.parts
        return ContributionSerializer(found, many=True, context=self._with(case)).data

    @extend_schema_field(MessageSerializer(many=True))
    def get_messages(self, case: Case) -> Any:
        found = self._dossier.letters
        return MessageSerializer(found, many=True, context=self._with(case)).data

    @extend_schema_field(ReplySerializer(many=True))
    def get_replies(self, case: Case) -> Any:
        return ReplySerializer(self._dossier.replies, many=True).data

    @extend_schema_field(EventSerializer(many=True))
    def get_events(self, case: Case) -> Any:
        found = self._dossier.events
        return EventSerializer(found, many=True, context=self._with(case)).data

    @extend_schema_field(ClockSerializer(many=True))
    def get_clocks(self, case: Case) -> Any:
        newest_first = sorted(
            self._dossier.clocks, key=lambda clock: clock.started_at, reverse=True
        )
        return ClockSerializer(newest_first, many=True).data

    @extend_schema_field(AttachmentSerializer(many=True))
    def get_attachments(self, case: Case) -> Any:
        files = [*self._dossier.files, *(paper.attachment for paper in self._dossier.papers)]
        return AttachmentSerializer(files, many=True, context=self._with(case)).data

    @extend_schema_field(MoveSerializer(many=True))
    def get_moves(self, case: Case) -> Any:
        return MoveSerializer(self.context["moves"], many=True).data

    def _with(self, case: Case) -> dict[str, Any]:
        return {**self.context, "case": case}


class ProblemSerializer(serializers.Serializer):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
