"""How many statements a page or a move makes: the same for one row and for ten."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.authtoken.models import Token

from agencies.models import Agency, User
from cases import actions
from cases.models import Case, CaseEvent, Citizen, Reply, Review
from cases.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db
_FRAME = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")


def _statements(client: Client, path: str, form: dict[str, str] | None = None) -> int:
    """Statements of a request; begins, ends and savepoints of transactions are not counted."""
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(path) if form is None else client.post(path, form)
    assert answer.status_code in (200, 302), answer.content[:300]
    return sum(not query["sql"].startswith(_FRAME) for query in caught.captured_queries)


@pytest.fixture
def agency() -> Agency:
    factories.load_reference()
    cache.clear()
    return factories.make_agency("own")


def _signed_in(role: str, agency: Agency) -> tuple[Client, User]:
    person = factories.make_person(role, agency)
    client = Client()
    client.force_login(person)
    return client, person


def _cases(agency: Agency, count: int, status: str = Status.IN_WORK, **facts: object) -> list[Case]:
    due = timezone.now() + timedelta(hours=3)
    return [factories.make_case(status, agency, due_at=due, **facts) for _ in range(count)]


# The person with his roles, the keys of the page, its rows; a queue also counts its views.
@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/settings/", 1),
        ("/queue/", 4),
        ("/queue/?scope=agency", 4),
        ("/queue/?scope=agency&view=overdue", 4),
        ("/cases/", 3),
        ("/search/?q=яма", 3),
        ("/cases/?channel=vk&topic=roads.pits&territory=centre&agency=own", 3),
        ("/cases/?status=in_work&open=true&q=яма&received_from=2020-01-01", 3),
    ],
)
def test_a_list_asks_as_often_for_one_row_as_for_ten(path: str, most: int, agency: Agency) -> None:
    client, _person = _signed_in("executor", agency)
    _cases(agency, 1)
    client.get(path)  # calendars are read once a process
    one = _statements(client, path)
    _cases(agency, 9)
    page = client.get(path).content
    assert b"case-title" in page or "overdue" in path or path in ("/settings/", "/queue/")
    assert one == _statements(client, path) <= most


def test_the_filters_in_use_add_a_bounded_number_of_questions(agency: Agency) -> None:
    client, _person = _signed_in("executor", agency)
    _cases(agency, 3)
    path = "/queue/?scope=agency&status=in_work&overdue=false&q=яма"
    client.get(path)
    assert _statements(client, path) <= 8


# The person, the case, what hangs on it; the sources of a copied reply are one more.
@pytest.mark.parametrize("status", [Status.IN_WORK, Status.REVIEW, Status.ANSWERED])
def test_a_case_page_asks_three_times(status: str, agency: Agency) -> None:
    client, person = _signed_in("executor", agency)
    citizen: Citizen = factories.make_citizen()
    case = _cases(agency, 1, status, citizen=citizen)[0]
    path = case.get_absolute_url()
    client.get(path)
    assert _statements(client, path) == 3
    _cases(agency, 9, status, citizen=citizen)
    for _ in range(2):
        reply = factories.make_reply(case, Reply.State.RETURNED)
        Review.objects.create(reply=reply, reviewer=person, verdict="remarks", returned=True)
    CaseEvent.objects.create(case=case, actor=person, move="add_note", data={"text": "x"})
    assert _statements(client, path) == 3


@pytest.mark.parametrize(
    ("path", "role", "status", "most"),
    [
        ("/desk/", "coordinator", Status.MODERATION, 6),
        ("/review/", "quality_supervisor", Status.REVIEW, 9),
    ],
)
def test_a_desk_asks_as_often_for_one_case_as_for_ten(
    path: str, role: str, status: str, most: int
) -> None:
    factories.load_reference()
    region = factories.make_agency("region", kind=Agency.Kind.REGION)
    client, _person = _signed_in(role, region)
    agency = factories.make_agency("own", region) if status == Status.REVIEW else None
    factories.make_case(status, agency)
    client.get(path)
    one = _statements(client, path)
    for _ in range(9):
        factories.make_case(status, agency)
    assert client.get(path).content.count(b'class="row-link"') == 10
    assert one == _statements(client, path) <= most


def test_the_authors_other_cases_are_shown_or_counted_by_right(agency: Agency) -> None:
    client, _person = _signed_in("executor", agency)
    citizen = factories.make_citizen()
    case = _cases(agency, 1, citizen=citizen)[0]
    own = _cases(agency, 2, citizen=citizen)
    foreign = _cases(factories.make_agency("other"), 3, citizen=citizen)
    before = client.get(case.get_absolute_url()).context["before"]
    assert {other.pk for other in before["cases"]} == {other.pk for other in own}
    assert before["hidden"] == len(foreign)


def test_a_move_asks_four_times(agency: Agency) -> None:
    """Person with session and roles; the case; the case locked; the change with its event."""
    client, _person = _signed_in("executor", agency)
    cases = _cases(agency, 2, Status.ROUTED)
    client.post(f"{cases[0].get_absolute_url()}take/")
    assert _statements(client, f"{cases[1].get_absolute_url()}take/", {}) == 4
    cases[1].refresh_from_db()
    assert cases[1].status == Status.IN_WORK


@pytest.mark.parametrize("copied", [False, True])
def test_a_reply_is_sent_in_ten_statements_however_many_were_sent_before(
    copied: bool, agency: Agency
) -> None:
    """Those of a move, what the check stands on, the index, the prints and texts of sources if
    any, the reply, the terms that run."""
    client, person = _signed_in("executor", agency)
    text = factories.REPLY if copied else "Фонари у школы заменит бригада Горсвета до 3 марта."
    for case in _cases(agency, 3):
        actions.submit_reply(case, actor=person, text=factories.REPLY, override="да")
    (case,) = _cases(agency, 1)
    client.get("/cases/")  # reference rows are read once a process
    many = _statements(
        client, f"{case.get_absolute_url()}submit-reply/", {"text": text, "override": "да"}
    )
    assert case.replies.get().text == text
    assert many == (10 if copied else 8)


@pytest.mark.parametrize("known", [False, True])
def test_a_message_is_taken_in_by_seven_statements(known: bool, agency: Agency) -> None:
    """The person of the token, the lock of the source, what is known, ids, rules, repeats, and
    one for all that is written."""
    region = factories.make_agency("region", kind="region")
    factories.make_agency("centre", region, kind="centre")
    person = factories.make_person("import_service", region)
    client = Client(headers={"Authorization": f"Token {Token.objects.create(user=person).key}"})
    topic, place = factories.make_topic(), factories.make_territory()
    channel = factories.make_channel("hotline", regime="hotline")

    def post(number: int) -> int:
        body = {
            "channel": channel.code,
            "external_id": f"m-{number}",
            "text": "Во дворе яма.",
            "posted_at": timezone.now().isoformat(),
            "author": "known" if known else f"author-{number}",
            "topic": topic.code,
            "territory": place.code,
        }
        with CaptureQueriesContext(connection) as caught:
            answer = client.post("/api/messages/", body, content_type="application/json")
        assert answer.status_code == 201, answer.content
        return sum(not query["sql"].startswith(_FRAME) for query in caught.captured_queries)

    for number in range(2):  # calendars, rules and reference rows are read once a process
        post(number)
    assert post(2) == 7
    case = Case.objects.matching("яма").order_by("-pk").first()
    assert case is not None
    assert case.clocks.count() == 2
    assert case.events.get().move == "register"
    assert case.citizen.handle == ("known" if known else "author-2")
    assert case.messages.get().author == case.citizen


@pytest.mark.parametrize("copied", [False, True])
def test_a_live_check_asks_at_most_nine_times(copied: bool, agency: Agency) -> None:
    client, person = _signed_in("executor", agency)
    for case in _cases(agency, 3):
        actions.submit_reply(case, actor=person, text=factories.REPLY, override="да")
    text = factories.REPLY if copied else "Фонари у школы заменит бригада Горсвета до 3 марта."
    path = f"{_cases(agency, 1)[0].get_absolute_url()}check/"
    client.defaults["HTTP_HX_REQUEST"] = "true"  # the live part; without it the whole page comes
    client.post(path, {"text": "Ответ будет дан позже."})
    assert _statements(client, path, {"text": text}) == (9 if copied else 6)
    # Once more, as when it is sent: the index says the same, and so does what was found.
    assert _statements(client, path, {"text": text}) == (7 if copied else 6)


def test_what_people_wrote_is_escaped_in_the_rows_of_a_list(agency: Agency) -> None:
    client, _person = _signed_in("executor", agency)
    _cases(agency, 1, title="<b>яма</b>", place="<i>двор</i>")
    page = client.get("/queue/?scope=agency").content.decode()
    assert "<b>яма" not in page
    assert "<i>двор" not in page
    assert "&lt;b&gt;яма" in page
    assert "&lt;i&gt;двор" in page


def test_every_filter_takes_the_codes_its_form_offers(agency: Agency) -> None:
    client, person = _signed_in("executor", agency)
    case = _cases(agency, 1, executor=person)[0]
    other = _cases(agency, 1, channel=factories.make_channel("ok"))[0]
    path = (
        f"/queue/?scope=agency&channel=vk&agency={agency.code}&executor={person.username}"
        f"&group={case.topic.group.code}&topic={case.topic.code}"
        f"&territory={case.territory.code}&status=in_work&status=rework"
    )
    page = client.get(path).content.decode()
    assert case.number in page
    assert other.number not in page
    assert f"<b>{person}</b>" in page


def test_a_chosen_executor_does_not_load_every_person(agency: Agency) -> None:
    client, person = _signed_in("executor", agency)
    _cases(agency, 1, executor=person)
    path = f"/cases/?executor={person.username}"
    client.get(path)
    assert _statements(client, path) <= 4
