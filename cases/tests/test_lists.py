"""Lists: counts of views, reference rows kept in memory, rows drawn by hand."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.template.loader import render_to_string
from django.test import Client, SimpleTestCase
from django.utils import timezone, translation
from django.utils.timesince import timesince

from agencies.access import role_reach
from agencies.models import Agency, User
from agencies.roles import Right, Role
from agencies.stamps import read_stamps
from cases import clocks
from cases.counts import capped_counts, queue_counts, queue_views
from cases.directory import directory_of
from cases.models import Case, DeadlineRule, Topic
from cases.screens import rows_of
from cases.workflow import Status
from portal.templatetags.rows import case_rows, desk_rows, review_rows
from portal.templatetags.wording import waited
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> Agency:
    factories.load_reference()
    return factories.make_agency("own")


def _case(status: str, agency: Agency, due: timedelta, **facts: object) -> Case:
    """A case due so long from now, also in the past; its executor as given, or nobody."""
    case = factories.make_case(status, agency, **facts)
    due_at = timezone.now() + due
    Case.objects.filter(pk=case.pk).update(due_at=due_at, executor=facts.get("executor"))
    return Case.objects.get(pk=case.pk)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("held_on", ["own", "region", "nothing"])
def test_the_views_of_a_queue_are_counted_as_their_pages_select(
    held_on: str, whole: bool, agency: Agency
) -> None:
    region = factories.make_agency("region", kind=Agency.Kind.REGION)
    other = factories.make_agency("other")
    reader = User.objects.create(username="reader")
    if held_on != "nothing":
        factories.hold(reader, "executor", agency if held_on == "own" else region)
    colleague = factories.make_person("executor", agency)
    first = _case(Status.ROUTED, agency, timedelta(days=9))
    for place in (agency, other):
        for due in (timedelta(days=-1), timedelta(0), timedelta(days=2)):
            for executor in (None, reader, colleague):
                facts = {"executor": executor}
                _case(Status.IN_WORK, place, due, **facts)
                _case(Status.REWORK, place, due, **facts, repeat_of=first)
                _case(Status.IN_WORK, place, due, **facts, controlled_by=colleague)
        factories.make_case(Status.CLOSED, place)
    reader = User.objects.get(pk=reader.pk)
    counts = queue_counts(reader, Right.ANSWER_CASES, whole=whole)
    cases = Case.objects.visible_to(reader, Right.ANSWER_CASES).open()
    if not whole:
        cases = cases.filter(Q(executor=reader) | Q(executor=None))
    expected = {name: cases.filter(v.condition).count() for name, v in queue_views().items()}
    assert counts == expected
    assert (sum(counts.values()) > 0) is (held_on != "nothing")


def test_counts_of_other_lists_stop_at_their_cap(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.counts.COUNT_CAP", 2)
    for _ in range(4):
        _case(Status.IN_WORK, agency, timedelta(0))
    assert capped_counts({"all": Case.objects.open()}) == {"all": 3}


def test_a_renamed_reference_row_is_shown_by_its_new_name_on_the_next_request(
    agency: Agency,
) -> None:
    client = client_of(factories.make_person("executor", agency))
    case = factories.make_case(Status.IN_WORK, agency)
    assert case.topic is not None
    before = client.get("/cases/").content.decode()
    assert case.topic.name in before
    for row, name in ((case.topic, "Ямы во дворах"), (case.territory, "Заречье")):
        type(row).objects.filter(pk=row.pk).update(name=name)
        assert name in client.get("/cases/").content.decode()
    case.topic.refresh_from_db()
    case.topic.name = "Канавы"
    case.topic.save()
    assert "Канавы" in client.get("/cases/").content.decode()


@pytest.mark.parametrize("table", ["agency", "topic", "group", "territory", "channel"])
def test_any_change_of_a_reference_table_changes_the_stamp(table: str, agency: Agency) -> None:
    case = factories.make_case(Status.IN_WORK, agency)
    assert case.topic is not None
    row = case.topic.group if table == "group" else getattr(case, table)
    seen = [read_stamps()]
    assert read_stamps() == seen[0]
    type(row).objects.filter(pk=row.pk).update(code="other")
    seen.append(read_stamps())
    type(row).objects.filter(pk=row.pk).update(code="third")
    seen.append(read_stamps())
    assert len({stamps["directory"] for stamps in seen}) == 3
    assert len({stamps["calendars"] for stamps in seen}) == 1


def test_a_changed_deadline_rule_rules_at_once(agency: Agency) -> None:
    before = clocks.standing()
    assert clocks.standing().rules is before.rules
    DeadlineRule.objects.filter(code="REWORK").update(amount=77)
    after = clocks.standing()
    found = after.rules.pick(["REWORK"], severity=1, at=timezone.now())
    assert found is not None
    assert found.amount == 77
    assert before.stamp == after.stamp


def test_reference_rows_are_read_once_and_again_after_a_change(
    agency: Agency, django_assert_num_queries
) -> None:
    one, two, three = (factories.make_person("executor", agency) for _ in range(3))
    role_reach(one)
    directory_of(one)
    with django_assert_num_queries(1):  # the stamps of a person who came without a request
        kept = directory_of(two)
    with django_assert_num_queries(0):
        assert directory_of(two) is kept
    factories.make_topic("new.topic")
    topics = directory_of(three).topics
    assert {topic.code for topic in topics.values()} >= {"new.topic"}
    assert all(topic.group for topic in topics.values())


def test_a_row_made_after_the_request_began_is_loaded_when_asked_for(agency: Agency) -> None:
    reader = factories.make_person("executor", agency)
    directory = directory_of(reader)
    topic = factories.make_topic("later.topic")
    case = Case.objects.get(pk=factories.make_case(Status.IN_WORK, agency, topic=topic).pk)
    directory.attach([case])
    assert case.topic == topic
    assert case.agency is directory.agencies[agency.pk]


def test_codes_of_other_agencies_and_unknown_ones_are_refused(agency: Agency) -> None:
    client = client_of(factories.make_person("executor", agency))
    factories.make_agency("other")
    case = factories.make_case(Status.IN_WORK, agency)
    assert isinstance(case.topic, Topic)
    assert client.get("/cases/?agency=own").status_code == 200
    for query in ("agency=other", "agency=none", "topic=none", "channel=vk&channel=none"):
        assert client.get(f"/cases/?{query}").status_code == 400, query
    page = client.get(f"/cases/?group={case.topic.group.code}").content.decode()
    assert case.number in page
    factories.make_topic("other.things")
    page = client.get("/cases/?group=other").content.decode()
    assert case.number not in page


@pytest.mark.parametrize("hours", [-200, -5, 1, 20, 60, 400])
def test_a_term_drawn_in_a_row_is_the_components(hours: int, agency: Agency) -> None:
    (row,) = rows_of([_case(Status.IN_WORK, agency, timedelta(hours=hours))])
    drawn = render_to_string("components/_deadline.html", {"deadline": row.deadline})
    cell = case_rows([row]).split('<td class="case-deadline">')[1].split("</td>")[0]
    SimpleTestCase().assertHTMLEqual(cell, drawn)


def test_rows_of_two_become_a_dictionary() -> None:
    """Python takes whatever has `keys` for a mapping: the queryset must not have it."""
    case = factories.make_case()
    assert dict(Case.objects.values_list("pk", "number")) == {case.pk: case.number}


def test_the_export_is_offered_to_who_may_read(agency: Agency, client: Client) -> None:
    """An administrator finds numbers, and would be refused there."""
    for role, offered in ((Role.AUDITOR, True), (Role.ADMINISTRATOR, False)):
        client.force_login(factories.make_person(role, agency))
        for path in ("/search/?q=26-000001", "/cases/"):
            page = client.get(path, follow=True)
            assert ("/exports/?" in page.content.decode()) == offered, (role, path)


@pytest.mark.parametrize("minutes", [0, 5, 59, 60, 1380, 1440, 2820, 8640, 28800])
def test_waiting_is_told_as_django_tells_it(minutes: int) -> None:
    """Words of less than a week are kept by the hour: those of `timesince` all the same."""
    since = timezone.now() - timedelta(minutes=minutes, seconds=5)
    for language in ("ru", "en"):
        with translation.override(language):
            assert waited(since) == timesince(since, depth=1)


def test_lists_of_the_desks_show_words_as_words() -> None:
    case = factories.make_case(Status.REVIEW)
    Case.objects.filter(pk=case.pk).update(title="<b>яма</b>", submitted_at=timezone.now())
    case = Case.objects.select_related("topic", "agency", "channel", "citizen").get(pk=case.pk)
    assert case.agency is not None
    assert case.topic is not None
    case.agency.short_name = case.topic.name = case.channel.name = "<i>двор"
    for rows in (
        review_rows([case], case, '"x'),
        desk_rows([case], case, '"x', choose=True),
        case_rows(rows_of([case])),
    ):
        assert "&lt;b&gt;яма&lt;/b&gt;" in rows
        assert "&lt;i&gt;двор" in rows
        assert "<b>яма" not in rows
        assert "<i>" not in rows
        assert '"x' not in rows
