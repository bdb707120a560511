"""One region for the access test: own, subordinate and foreign cases, a person per role."""

from functools import cached_property

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agencies.models import Agency, User
from agencies.roles import Right, Role
from cases.attachments import _path
from cases.models import Attachment, Case
from cases.workflow import Status
from tests import factories

MARKER = "секретзимородок"
SCOPES = ("own", "below", "other")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
    "64f8ffbf1e0005fe02fea7350c8e0000000049454e44ae426082"
)


class World:
    """Roles are held on `own`; `below` is its department, `other` is another ministry."""

    password = "long enough to pass"

    def __init__(self) -> None:
        factories.load_reference()
        self.agencies: dict[str, Agency] = factories.make_region()
        factories.make_agency("neutral", self.agencies["region"])
        self.people: dict[str, User] = {
            role: factories.make_person(role, self.agencies["own"], f"own-{role}")
            for role in Role.values
        }
        self.people["nobody"] = factories.make_person(username="nobody")
        self.known = factories.make_person(username="known")
        self.known.set_password(self.password)
        self.known.save()
        self._cases: dict[tuple[str, str], Case] = {}
        self._executors: dict[int, User] = {}
        for status in Status.values:
            for scope in SCOPES:
                self._cases[status, scope] = self._make(status, scope)
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

    def _make(self, status: str, scope: str) -> Case:
        marker = MARKER if scope == "other" else ""
        agency = self.agencies[scope]
        case = factories.make_case(
            status, agency, marker, controlled_by=self.people[Role.HEAD_OFFICE]
        )
        Attachment.objects.create(
            case=case, name=f"акт {marker}.png", sha256="ab" * 32, media_type="image/png", size=9
        )
        return case

    def case(self, status: str, scope: str) -> Case:
        return self._cases[status, scope]

    @cached_property
    def foreign_numbers(self) -> list[str]:
        return [case.number for (_s, scope), case in self._cases.items() if scope == "other"]

    def merge_target(self, case: Case) -> Case:
        """Another case of the same agency: a target one may see."""
        scope = next(s for s in SCOPES if self.agencies[s].pk == case.agency_id)
        found = self._cases[Status.IN_WORK, scope]
        return found if found.pk != case.pk else self._cases[Status.ROUTED, scope]

    def executor_of(self, case: Case) -> User:
        assert case.executor is not None
        return case.executor

    def file_of(self, case: Case) -> Attachment:
        from django.core.files.base import ContentFile
        from django.core.files.storage import default_storage

        found = case.attachments.get()
        if not default_storage.exists(_path(found.sha256)):
            default_storage.save(_path(found.sha256), ContentFile(PNG))
        return found

    def upload(self) -> SimpleUploadedFile:
        return SimpleUploadedFile("двор.png", PNG, "image/png")

    def holders(self, rights: frozenset[str]) -> set[str]:
        from agencies.roles import HOLDERS

        return {str(role) for right in rights for role in HOLDERS[Right(right)]}
