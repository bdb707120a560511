"""Letters against a real mail server: what they say, when they leave, what happens on failures."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import AgencyUserPermission, User
from agencies.roles import Role
from cases.models import Case
from notices import inbox, post, telling
from notices.kinds import Delivery, Kind
from notices.models import Letter, MailSettings, Notice
from notices.rules import Happening
from notices.tests.mailserver import MailServer
from tests import factories

pytestmark = pytest.mark.django_db
WORDS = "секретзимородок"


class Office:
    """An executor with an address, awake at any hour."""

    def __init__(self) -> None:
        factories.load_reference()
        self.agency = factories.make_agency("own")
        self.person = factories.make_person(
            Role.EXECUTOR, self.agency, email="lapina@example.org", last_name="Лапина"
        )
        self.wishes = MailSettings.objects.create(
            person=self.person, quiet_from=time(0), quiet_until=time(0), quiet_days_off=False
        )
        self._at = 0

    def tell(self, name: str = "set_control", count: int = 1, **data: Any) -> list[Case]:
        """So many cases of which the person is told."""
        cases = [
            factories.make_case("in_work", self.agency, WORDS, executor=self.person)
            for _ in range(count)
        ]
        telling.tell(
            [
                Happening(
                    key=f"test:{case.pk}:{name}",
                    name=name,
                    at=timezone.now(),
                    data={"reason": WORDS, "actor": "Пётр Никитин", **data},
                    case=case.pk,
                    agency=case.agency_id,
                    executor=self.person.pk,
                )
                for case in cases
            ]
        )
        return cases

    def choose(self, **choices: str) -> None:
        self.wishes.choices = choices
        self.wishes.save()


@pytest.fixture
def office(mail: MailServer) -> Office:
    return Office()


def minutes(number: float) -> datetime:
    return timezone.now() + timedelta(minutes=number)


def compose(after: float = 2) -> None:
    """The worker makes letters so many minutes later; they may leave at once."""
    post.compose(minutes(after))
    Letter.objects.filter(state="waiting").update(next_at=timezone.now())


def deliver(after: float = 2) -> int:
    compose(after)
    return post.send_waiting(post.SERVER)


def states() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("state", flat=True))


def body(letter: Any, kind: str = "plain") -> str:
    return str(letter.get_body((kind,)).get_content())


def subject(letter: Any) -> str:
    """A folded header begins with the space of its fold."""
    return str(letter["Subject"]).strip()


def test_a_letter_says_the_number_and_the_portals_words(office: Office, mail: MailServer) -> None:
    (case,) = office.tell(until="2026-12-01")
    assert deliver() == 1
    (letter,) = mail.letters
    assert letter["To"] == "lapina@example.org"
    assert subject(letter) == f"№ {case.number}: На личном контроле до 1 декабря"
    assert f"№ {case.number}. На личном контроле до 1 декабря (Пётр Никитин)." in body(letter)
    assert f"https://portal.example.ru/cases/{case.number}/" in body(letter)
    assert f'href="https://portal.example.ru/cases/{case.number}/"' in body(letter, "html")
    assert letter["List-Unsubscribe"] == "<https://portal.example.ru/notices/settings/>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"] == Letter.objects.get().message_id
    assert states() == ["sent"]


def test_nothing_of_a_citizen_leaves_the_portal(office: Office, mail: MailServer) -> None:
    names = ("set_control", "message_edited", "extend", "term_due", "resume")
    for name in names:
        office.tell(name, until="2026-12-01T10:00:00+03:00", version=2)
    office.choose(**dict.fromkeys(Kind.values, "now"))
    deliver()
    raw = "\n".join(
        subject(letter) + body(letter) + body(letter, "html") for letter in mail.letters
    )
    assert len(Notice.objects.all()) == len(names)
    citizens = [case.citizen for case in Case.objects.select_related("citizen")]
    for secret in (WORDS, "Яма", "Садовая", "Марина", *(c.phone for c in citizens)):
        assert secret not in raw


def test_what_comes_together_leaves_as_one_letter(office: Office, mail: MailServer) -> None:
    office.tell("term_due", 14)
    deliver()
    (letter,) = mail.letters
    assert subject(letter) == "14 обращений: срок прошёл"
    assert body(letter).count("https://portal.example.ru/cases/") == 14


def test_a_long_list_is_cut_and_says_so(office: Office, mail: MailServer) -> None:
    office.tell("term_due", 33)
    deliver()
    (letter,) = mail.letters
    assert subject(letter) == "33 обращения: срок прошёл"
    assert "И ещё 3 в портале." in body(letter)


def test_the_next_letter_waits_five_minutes(office: Office, mail: MailServer) -> None:
    office.tell()
    deliver()
    office.tell("resume")
    deliver()
    assert len(mail.letters) == 1
    deliver(after=7)
    assert len(mail.letters) == 2


def test_a_notice_read_in_the_portal_is_not_mailed(office: Office, mail: MailServer) -> None:
    office.tell()
    inbox.mark_read(office.person, ids=Notice.objects.values_list("pk", flat=True))
    deliver()
    assert mail.letters == []
    office.tell("resume")
    compose()
    inbox.mark_read(office.person, ids=Notice.objects.values_list("pk", flat=True))
    post.send_waiting(post.SERVER)
    assert (mail.letters, states()) == ([], ["empty"])


def test_a_right_revoked_before_sending_keeps_the_case_out(
    office: Office, mail: MailServer
) -> None:
    office.tell()
    compose()
    AgencyUserPermission.objects.filter(user=office.person).delete()
    post.send_waiting(post.SERVER)
    assert (mail.letters, states()) == ([], ["empty"])


def test_a_case_that_went_to_another_agency_is_left_out_of_the_letter(
    office: Office, mail: MailServer
) -> None:
    kept, gone = office.tell("term_due", 2)
    compose()
    Case.objects.filter(pk=gone.pk).update(agency=factories.make_agency("other"))
    post.send_waiting(post.SERVER)
    (letter,) = mail.letters
    assert kept.number in subject(letter)
    assert gone.number not in body(letter) + body(letter, "html")


def test_a_person_switched_off_meanwhile_gets_nothing(office: Office, mail: MailServer) -> None:
    office.tell()
    compose()
    User.objects.filter(pk=office.person.pk).update(is_active=False)
    post.send_waiting(post.SERVER)
    assert (mail.letters, states()) == ([], ["empty"])


def test_a_kind_switched_off_stands_in_the_portal_only(office: Office, mail: MailServer) -> None:
    office.choose(control=Delivery.OFF)
    office.tell()
    deliver()
    assert mail.letters == []
    assert inbox.unread_count(office.person) == 1


def test_without_a_mail_server_nothing_waits_for_one(office: Office, settings: Any) -> None:
    settings.MAIL_ON = False
    office.tell()
    assert not Notice.objects.filter(mail_at__isnull=False).exists()
    assert post.run() == 0


def test_a_digest_gathers_the_night_and_tells_how_the_queue_stands(
    office: Office, mail: MailServer
) -> None:
    office.choose(**dict.fromkeys(Kind.values, "digest"))
    office.wishes.morning_at = time(8, 30)
    office.wishes.save()
    office.tell("set_control", 2)
    office.tell("term_due", 3)
    (leaves,) = set(Notice.objects.values_list("mail_at", flat=True))
    assert leaves is not None
    assert timezone.localtime(leaves).time() == time(8, 30)
    post.compose(leaves - timedelta(minutes=5))
    assert not Letter.objects.exists()
    post.compose(leaves)
    Letter.objects.update(next_at=timezone.now())
    post.send_waiting(post.SERVER)
    (letter,) = mail.letters
    assert subject(letter) == "Сводка: 5 уведомлений"
    assert body(letter).startswith("Открытых обращений у вас: 5. Срок сегодня:")
    assert "3 обращения: срок прошёл" in body(letter)


def test_nothing_leaves_in_the_quiet_hours_however_late_the_worker_comes(
    office: Office, mail: MailServer
) -> None:
    office.tell()
    zone = office.agency.zone
    night = timezone.now().astimezone(zone).replace(hour=3, minute=0) + timedelta(days=1)
    MailSettings.objects.update(quiet_from=time(20), quiet_until=time(8))
    post.compose(night)
    assert not Letter.objects.exists()
    (leaves,) = Notice.objects.values_list("mail_at", flat=True)
    assert leaves is not None
    assert leaves.astimezone(zone).time() == time(8)
    post.compose(leaves)
    assert Letter.objects.count() == 1


def test_a_server_that_is_down_costs_a_letter_nothing(office: Office, mail: MailServer) -> None:
    office.tell()
    mail.stop()
    assert deliver() == 0
    assert post.SERVER.rests()
    letter = Letter.objects.get()
    assert (letter.state, letter.tries) == ("waiting", 0)
    assert "Refused" in letter.error
    assert post.run() == 0  # left alone for a while
    post.SERVER.answered()
    mail.start()
    assert post.send_waiting(post.SERVER) == 1
    assert states() == ["sent"]
    assert mail.letters[0]["Message-ID"] == letter.message_id


@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_refusal_for_now_is_tried_again_later_and_later(
    office: Office, mail: MailServer, step: str
) -> None:
    office.tell()
    waits = []
    for _ in post.TRIES:
        mail.postman.answers[step] = ["451 4.7.1 Greylisted, come back"]
        deliver()
        letter = Letter.objects.get()
        assert letter.state == "waiting"
        waits.append(round((letter.next_at - timezone.now()).total_seconds() / 60))
    assert tuple(waits) == post.TRIES
    assert "Greylisted" in letter.error
    mail.postman.answers[step] = ["451 4.7.1 Greylisted, come back"]
    deliver()
    assert states() == ["failed"]
    assert mail.letters == []


@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_refusal_for_good_is_not_tried_again_and_stops_nobody(
    office: Office, mail: MailServer, step: str
) -> None:
    office.tell()
    mail.postman.answers[step] = ["550 5.1.1 No such mailbox"]
    colleague = factories.make_person(Role.CURATOR, office.agency, email="curator@example.org")
    MailSettings.objects.create(
        person=colleague, quiet_from=time(0), quiet_until=time(0), quiet_days_off=False
    )
    office.tell("resume")
    assert deliver() == 2
    assert sorted(states()) == ["refused", "sent"]
    assert len(mail.letters) == 1
    assert not post.SERVER.rests()
    refused = Letter.objects.get(state="refused")
    assert "No such mailbox" in refused.error
    assert post.latest_trouble(refused.person) == refused


def test_a_sender_the_server_does_not_take_is_no_fault_of_the_letter(
    office: Office, mail: MailServer
) -> None:
    office.tell()
    mail.postman.answers["mail"] = ["550 5.7.1 Sender not allowed"]
    assert deliver() == 0
    letter = Letter.objects.get()
    assert (letter.state, letter.tries) == ("waiting", 0)
    assert post.SERVER.rests()


def test_a_server_too_slow_is_left_alone_and_the_letter_keeps_its_name(
    office: Office, mail: MailServer, settings: Any
) -> None:
    """It took the letter but did not say so in time: the second copy has the same Message-ID."""
    settings.EMAIL_TIMEOUT = 1
    office.tell()
    mail.postman.slow = 2.5
    assert deliver() == 0
    letter = Letter.objects.get()
    assert (letter.state, letter.tries) == ("waiting", 1)
    mail.postman.slow = 0
    post.SERVER.answered()
    Letter.objects.update(next_at=timezone.now())
    assert post.send_waiting(post.SERVER) == 1
    assert {one["Message-ID"] for one in mail.letters} == {letter.message_id}
    assert len(mail.letters) <= 2


def test_a_password_never_travels_unsecured(
    office: Office, mail: MailServer, settings: Any
) -> None:
    """The server offers no STARTTLS: nothing is sent in the clear, the letter waits."""
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "secret"
    office.tell()
    assert deliver() == 0
    assert (mail.letters, states()) == ([], ["waiting"])
    assert "secret" not in Letter.objects.get().error


def test_two_workers_never_send_one_letter(office: Office, mail: MailServer) -> None:
    """A claimed letter is nobody else's until its time is over."""
    office.tell()
    compose()
    assert post._claim() is not None
    assert post.send_waiting(post.SERVER) == 0
    Letter.objects.update(next_at=timezone.now())
    assert post.send_waiting(post.SERVER) == 1
    assert Letter.objects.get().tries == 2
