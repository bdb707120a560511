"""One region for the access test: own, subordinate and foreign cases, a person per role."""

from datetime import timedelta
from functools import cached_property
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from agencies.models import Agency, Deputy, SavedFilter, User
from agencies.roles import HOLDERS, Right, Role
from cases import families
from cases.attachments import _path
from cases.models import (
    Attachment,
    BulkRow,
    BulkRun,
    Case,
    CaseEvent,
    Citizen,
    Clock,
    Control,
    CopiedFamily,
    EventOffer,
    EventOrder,
    EventOrderRow,
    Handover,
    MassEvent,
    OfferMember,
    Participation,
    Promise,
    RepeatPair,
    Reply,
    ReplyPrint,
    ReplyTemplate,
    Review,
    ReviewTask,
    SavedView,
    Waiting,
)
from cases.workflow import LAW59, MOVES, Regime, Status
from intake.models import CaseExport
from quality.masks import PRINT_VERSION
from reports import snapshots
from reports.made.all import REPORTS
from reports.models import Digest, DigestCase, DigestEntry, Schedule
from reports.periods import Period, region_today
from tests import factories

MARKER = "секретзимородок"
SCOPES = ("own", "below", "other")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
    "64f8ffbf1e0005fe02fea7350c8e0000000049454e44ae426082"
)

# Moves that need more than a state: the regime, a proposal, a reply of their kind, a term.
LAW59_MOVES = frozenset(name for name, move in MOVES.items() if move.regimes == LAW59)
SPECIAL: dict[str, str] = {
    **dict.fromkeys(LAW59_MOVES, "law59"),
    "confirm_rejection": "rejecting",
    "decline_rejection": "rejecting",
    "give_interim": "interim",
    "plan": "planned",
    "decline_lifting": "lifting",
    "respond_first": "primary",
    "citizen_answered": "waiting",
}
_SPECIAL_STATES: dict[str, tuple[str, ...]] = {
    # Those the moves of 59-FZ start from, and two with answers: without them none is ended.
    "law59": tuple(
        s
        for s in Status.values
        if s in ("answered", "closed") or any(s in MOVES[m].sources for m in LAW59_MOVES)
    ),
    "rejecting": (Status.MODERATION,),
    "interim": (Status.APPROVAL,),
    "planned": (Status.APPROVAL,),
    "waiting": tuple(sorted(MOVES["citizen_answered"].sources)),
    "lifting": tuple(sorted(MOVES["decline_lifting"].sources)),
    "primary": tuple(sorted(MOVES["respond_first"].sources)),
}


class World:
    """Roles are held on `own`; `below` is its department, `other` is another ministry."""

    password = "long enough to pass"
    sender = ""  # who the request being made is of

    def __init__(self) -> None:
        factories.load_reference()
        self.agencies: dict[str, Agency] = factories.make_region()
        factories.make_agency("neutral", self.agencies["region"])
        self.beside = self.agencies["beside"]
        self.people: dict[str, User] = {
            role: factories.make_person(role, self.agencies["own"], f"own-{role}")
            for role in Role.values
        }
        self.people["nobody"] = factories.make_person(username="nobody")
        self.known = factories.make_person(username="known")
        self.known.set_password(self.password)
        self.known.save()
        # Of the executor, for whom a person stands in who is not asked.
        now = timezone.now()
        self.absence = Deputy.objects.create(
            person=self.people[Role.EXECUTOR],
            deputy=self.known,
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=1),
        )
        self.handover = Handover.objects.create(
            actor=self.people[Role.CURATOR], agency=self.agencies["own"], reason="Отдел закрыт"
        )
        self.saved_view = SavedView.objects.create(
            owner=self.people[Role.CURATOR], list_name="queue", name="Просрочены"
        )
        self._cases: dict[tuple[str, str, str], Case] = {}
        self._executors: dict[int, User] = {}
        self._authors: dict[str, Citizen] = {}
        for status in Status.values:
            for scope in SCOPES:
                self._cases["", status, scope] = self._make(status, scope)
        for kind, states in _SPECIAL_STATES.items():
            for status in states:
                for scope in SCOPES:
                    self._cases[kind, status, scope] = self._special(kind, status, scope)
        self.family = self._make_family()
        self.part = self._make_part()
        self.bulk = BulkRun.objects.create(actor=self.people[Role.CURATOR], move="assign")
        for scope in SCOPES:  # one of them is out of his sight by now
            BulkRow.objects.create(run=self.bulk, case=self._cases["", Status.IN_WORK, scope])
        self.done_bulk = BulkRun.objects.create(actor=self.bulk.actor, move="assign")
        for scope in SCOPES:
            case = self._cases["", Status.IN_WORK, scope]
            BulkRow.objects.create(run=self.done_bulk, case=case, state="done", after=case.version)
        self.event, self.offer = self._make_event()
        self.clients: dict[str, Client] = {}
        # Not among `people`: they reach everything, foreign cases included.
        self.regional: dict[str, User] = {
            role: factories.make_person(role, self.agencies["region"], f"region-{role}")
            for role in (Role.ADMINISTRATOR, Role.QUALITY_SUPERVISOR, Role.AUDITOR)
        }
        everyone = {**self.people, **{f"region-{r}": p for r, p in self.regional.items()}}
        for name, person in everyone.items():
            self.clients[name] = Client(raise_request_exception=False)
            self.clients[name].force_login(person)
        self.freeze()
        self.schedule = Schedule.objects.create(
            person=self.people[Role.CURATOR], report="r2", period="month", next_at=now
        )
        self.decision = self._decide()
        self.foreign_export = CaseExport.objects.create(
            created_by=self.regional[Role.AUDITOR],
            state=CaseExport.State.DONE,
            file_format="csv",
            conditions={"q": [MARKER]},
        )
        self.template = ReplyTemplate.objects.create(
            name="Отключение воды", text="Воду вернут [дата].", approved_at=timezone.now()
        )
        self.foreign_template = ReplyTemplate.objects.create(
            name=MARKER, text=MARKER, approved_at=timezone.now(), agency=self.agencies["other"]
        )
        self.foreign_filter = SavedFilter.objects.create(
            user=self.regional[Role.AUDITOR], page="cases.case", name=MARKER, query=f"q={MARKER}"
        )

    def _decide(self) -> DigestEntry:
        """A published digest with one decision, which stands on an own and a foreign case."""
        today, now = region_today(), timezone.now()
        digest = Digest.objects.create(first=today, last=today, published_at=now)
        entry = DigestEntry.objects.create(
            digest=digest,
            heading="Дворы",
            sentence="Ямы во дворах засыпали.",
            cases_count=2,
            confirmed_at=now,
        )
        for scope in ("own", "other"):
            case = self._cases["", Status.CLOSED, scope]
            DigestCase.objects.create(entry=entry, case=case)
        return entry

    def freeze(self) -> None:
        """Reports of the own and the subordinate agency: what a holder on `own` may count."""
        self.snapshot, self.rating = (
            snapshots.ask(
                self.people[Role.HEAD_OFFICE], REPORTS[code], Period.month(region_today())
            )
            for code in ("r1", "r2")
        )

    def _make(self, status: str, scope: str, **facts: Any) -> Case:
        marker = MARKER if scope == "other" else ""
        agency = self.agencies[scope]
        case = factories.make_case(
            status, agency, marker, controlled_by=self.people[Role.HEAD_OFFICE], **facts
        )
        if not case.promises.exists():
            Promise.objects.create(
                case=case, what=f"Засыпать яму {marker}", until_on=factories.next_workday(5)
            )
        Attachment.objects.create(
            case=case, name=f"акт {marker}.png", sha256="ab" * 32, media_type="image/png", size=9
        )
        for state in ("asked", "given"):
            factories.make_part(case, self.beside, state=state, task=f"Чей кабель? {marker}")
        reply = case.replies.order_by("-version").first()
        if status == Status.REWORK and reply is not None:
            Review.objects.create(
                reply=reply, reviewer=self.known, verdict="remarks", returned=True, remark=marker
            )
        if status == Status.ANSWERED and reply is not None:
            ReviewTask.objects.create(
                kind=ReviewTask.Kind.SAMPLE, reply=reply, agency_id=reply.agency_id
            )
        return case

    def _make_part(self) -> Participation:
        """The own agency is asked for a part of a foreign case: its message may be read, whatever
        else hangs on it may not."""
        case = factories.make_case(
            Status.REWORK, self.agencies["other"], controlled_by=self.people[Role.HEAD_OFFICE]
        )
        case.replies.update(text=f"Черновик {MARKER}")
        case.events.update(data={"note": MARKER})
        Case.objects.filter(pk=case.pk).update(control_reason=MARKER)
        case.citizen.phone = f"+7 912 {MARKER}"
        case.citizen.save()
        for agency, word in (("other", MARKER), ("own", "Чьи это сети?")):
            made = factories.make_part(case, self.agencies[agency], task=word)
        Attachment.objects.create(
            case=case, name=f"акт {MARKER}.png", sha256="ab" * 32, media_type="image/png", size=9
        )
        Attachment.objects.create(
            case=case, part=made, name="схема.png", sha256="ab" * 32, media_type="image/png", size=9
        )
        return made

    def _make_family(self) -> CopiedFamily:
        """One text sent by the own, the subordinate and the foreign agency."""
        cases = [self._cases["", Status.ANSWERED, scope] for scope in ("other", "own", "below")]
        replies = [case.replies.get() for case in cases]
        ReplyPrint.objects.bulk_create(
            ReplyPrint(
                reply=reply,
                family=replies[0].pk,
                agency_id=reply.agency_id,
                sent_on=reply.submitted_at.date(),
                stems=40,
                version=PRINT_VERSION,
                keys=[],
                sketch=b"",
            )
            for reply in replies
        )
        families.renew([replies[0].pk])
        return CopiedFamily.objects.get(pk=replies[0].pk)

    def _make_event(self) -> tuple[MassEvent, EventOffer]:
        """An event of the own agency with a foreign member, and an offer over three agencies."""
        event = MassEvent.objects.create(
            code="mv-26-001",
            title="Нет воды",
            agency=self.agencies["own"],
            starts_on=timezone.localdate(),
            approved_text="Здравствуйте, [имя]! Воду дадут 20 мая, отвечает Роман Ильин.",
        )
        before = MassEvent.objects.create(
            code="mv-25-001", title="Снегопад", starts_on=timezone.localdate()
        )
        for case in self._cases.values():
            # Each may be taken out of an event, and is found to repeat another of its agency.
            Case.objects.filter(pk=case.pk).update(event=before)
            RepeatPair.objects.create(case=case, earlier=self.merge_target(case), why=["author"])
        offer = EventOffer.objects.create()
        for scope in SCOPES:
            member = self._cases["", Status.ROUTED, scope]
            Case.objects.filter(pk=member.pk).update(event=event)
            OfferMember.objects.create(
                offer=offer, case=self._cases["", Status.IN_WORK, scope], why=["words"], words=0.5
            )
            OfferMember.objects.create(
                event=event, case=self._cases["", Status.REWORK, scope], why=["words"], words=0.5
            )
        self.order = EventOrder.objects.create(
            event=event, actor=self.people[Role.CURATOR], text=event.approved_text
        )
        for scope in SCOPES:
            EventOrderRow.objects.create(
                order=self.order, case=self._cases["", Status.ROUTED, scope], state="draft"
            )
        return event, offer

    @property
    def own_pk(self) -> int:
        return self.agencies["own"].pk

    def _special(self, kind: str, status: str, scope: str) -> Case:
        if kind == "law59":
            # One author asks again and again: his correspondence may be ended.
            if scope not in self._authors:
                marker = MARKER if scope == "other" else ""
                self._authors[scope] = factories.make_citizen(marker)
            return self._make(status, scope, regime=Regime.LAW59, citizen=self._authors[scope])
        if kind == "rejecting":
            other = factories.make_person(Role.OPERATOR, self.agencies["region"])
            return self._make(status, scope, rejection_by=other, rejection_reason="spam")
        if kind == "lifting":
            case = self._make(status, scope)
            Control.objects.create(
                case=case,
                reason=f"Контроль {MARKER if scope == 'other' else ''}",
                proposal="Готово",
                proposed_at=case.received_at,
            )
            return case
        if kind == "waiting":
            now = timezone.now()
            until = now + timedelta(days=2)
            case = self._make(status, scope, waiting_until=until)
            Waiting.objects.create(
                case=case,
                question=f"Какой подъезд? {MARKER if scope == 'other' else ''}",
                asked_by=self.known,
                started_at=now,
                until=until,
            )
            return case
        if kind == "primary":
            case = self._make(status, scope)
            Clock.objects.create(
                case=case,
                kind=Clock.Kind.REPLY,
                code="SN-PRIMARY",
                started_at=case.received_at,
                due_at=case.received_at,
            )
            return case
        return self._make(
            status,
            scope,
            reply_kind=Reply.Kind.INTERIM if kind == "interim" else Reply.Kind.PLANNED,
        )

    def case(self, status: str, scope: str, move: str = "") -> Case:
        """The case for a move: in a state its regime has, prepared as the move needs it."""
        kind = SPECIAL.get(move, "")
        return self._cases.get((kind, status, scope)) or self._cases["", status, scope]

    @cached_property
    def foreign_numbers(self) -> list[str]:
        return [case.number for (*_key, scope), case in self._cases.items() if scope == "other"]

    def merge_target(self, case: Case) -> Case:
        """Another case of the same agency: a target one may see."""
        scope = next(s for s in SCOPES if self.agencies[s].pk == case.agency_id)
        found = self._cases["", Status.IN_WORK, scope]
        return found if found.pk != case.pk else self._cases["", Status.ROUTED, scope]

    def joined_by(self, case: Case) -> MassEvent:
        """An event the case is not in yet."""
        return MassEvent.objects.exclude(pk=case.event_id).order_by("-code").first() or self.event

    def part_of(self, case: Case, state: str) -> Participation:
        found: Participation = case.parts.get(state=state)
        return found

    def part_file(self) -> Attachment:
        return self._stored(self.part.attachments.get())

    def promise_of(self, case: Case) -> Promise:
        return case.promises.get(state=Promise.State.OPEN)

    def task_of(self, case: Case) -> ReviewTask:
        return ReviewTask.objects.filter(reply__case=case).first() or ReviewTask(pk=0)

    def judged(self, case: Case, who: str) -> None:
        """Let the sender's own verdict be the last that happened, where he may give any."""
        scope = next(s for s in SCOPES if self.agencies[s].pk == case.agency_id)
        if who not in HOLDERS[Right.REVIEW_REPLIES] or scope == "other":
            return
        task = self.task_of(case)
        if not task.pk:
            return
        review = Review.objects.create(
            reply=task.reply, reviewer=self.people[who], verdict="good", cause="sample"
        )
        CaseEvent.objects.create(
            case=case,
            actor=self.people[who],
            move="judge_reply",
            before=case.status,
            after=case.status,
            data={"review": review.pk, "undo": {"task": task.pk}},
        )

    def executor_of(self, case: Case) -> User:
        assert case.executor is not None
        return case.executor

    def colleague_of(self, case: Case) -> User:
        """Somebody of the case's own agency who is not the one who decides."""
        return self.executor_of(case)

    def file_of(self, case: Case) -> Attachment:
        return self._stored(case.attachments.get())

    def _stored(self, found: Attachment) -> Attachment:
        from django.core.files.base import ContentFile
        from django.core.files.storage import default_storage

        if not default_storage.exists(_path(found.sha256)):
            default_storage.save(_path(found.sha256), ContentFile(PNG))
        return found

    def upload(self) -> SimpleUploadedFile:
        return SimpleUploadedFile("двор.png", PNG, "image/png")

    def holders(self, rights: frozenset[str]) -> set[str]:
        from agencies.roles import HOLDERS

        return {str(role) for right in rights for role in HOLDERS[Right(right)]}
