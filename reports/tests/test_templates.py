"""Templates: a row for each use, figures that equal the rows, who sees which, expiry told."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency
from agencies.roles import Role
from cases import actions
from cases.actions import drafts
from cases.errors import CaseError
from cases.models import Case, Mark, Reply, ReplyTemplate, Review, TemplateUse
from cases.workflow import Status
from reports import keeping as counters
from reports import template_figures
from reports.figures import Scope
from reports.periods import Period, region_today
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db
TEXT = (
    "Двенадцатого июня мастер участка [кто] осмотрел двор и засыпал яму щебнем."
    " Асфальт уложат до [дата]. Вопросы по телефону 8 800 200-00-00."
)
FILLED = (
    "Двенадцатого июня мастер участка Семёнов осмотрел двор и засыпал яму щебнем."
    " Асфальт уложат до 5 июля. Вопросы по телефону 8 800 200-00-00."
)


def template(name: str = "Яма", **facts: Any) -> ReplyTemplate:
    return ReplyTemplate.objects.create(
        name=name, **{"text": TEXT, "approved_at": timezone.now(), **facts}
    )


def case_in(agency: Agency) -> Case:
    return factories.make_case(Status.IN_WORK, agency)


def send(case: Case, made: ReplyTemplate | None, text: str = FILLED) -> Reply:
    return actions.submit_reply(
        case, actor=case.executor, text=text, template=made.pk if made else None
    )


def test_the_page_sends_the_template_and_its_use_is_stored(region: Any) -> None:
    case, made = case_in(region["own"]), template()
    page = client_of(case.executor).get(f"/cases/{case.number}/templates/").content.decode()
    assert f'data-template="{made.pk}"' in page
    answer = client_of(case.executor).post(
        reverse("case-submit-reply", args=[case.number]), {"text": FILLED, "template": made.pk}
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    use = TemplateUse.objects.get()
    assert (use.template, use.reply.case, use.agency) == (made, case, region["own"])
    assert use.kept == 100
    assert 80 <= use.share < 100


def test_the_api_offers_and_takes_the_template(region: Any) -> None:
    case, made = case_in(region["own"]), template()
    template("чужой", agency=region["other"])
    client = client_of(case.executor)
    offered = client.get(reverse("api-case-templates", args=[case.number])).json()
    assert [(one["id"], one["variables"]) for one in offered] == [(made.pk, ["кто", "дата"])]
    answer = client.post(
        reverse("api-case-submit-reply", args=[case.number]),
        {"text": FILLED, "template": made.pk},
        content_type="application/json",
    )
    assert answer.status_code in (200, 201), answer.content
    assert TemplateUse.objects.get().template == made


def test_the_draft_remembers_where_it_began(region: Any) -> None:
    """Inserted today, sent tomorrow from another page, which names no template."""
    case, made = case_in(region["own"]), template()
    client = client_of(case.executor)
    url = reverse("case-draft", args=[case.number])
    client.post(url, {"text": TEXT, "template": str(made.pk)})
    client.post(url, {"text": FILLED, "template": ""})
    send(case, None)
    assert TemplateUse.objects.get().template == made


def test_an_emptied_draft_began_nowhere(region: Any) -> None:
    case, made = case_in(region["own"]), template()
    drafts.save_draft(case, actor=case.executor, text=TEXT, page=drafts.Page(template=made.pk))
    drafts.save_draft(case, actor=case.executor, text="")
    drafts.save_draft(case, actor=case.executor, text="Своё")
    send(case, None)
    assert not TemplateUse.objects.exists()


def test_a_returned_reply_keeps_its_beginning(region: Any) -> None:
    case, made = case_in(region["own"]), template()
    send(case, made)
    actions.withdraw_reply(case, actor=case.executor)
    send(case, None, FILLED + " Приносим извинения.")
    assert [use.template for use in TemplateUse.objects.all()] == [made, made]


@pytest.mark.parametrize("given", ["999999", "0", "x", str(2**40)])
def test_a_number_nobody_gave_out_does_no_harm(region: Any, given: str) -> None:
    case = case_in(region["own"])
    client = client_of(case.executor)
    url = reverse("case-draft", args=[case.number])
    assert client.post(url, {"text": "Черновик", "template": given}).status_code == 200
    foreign = template(agency=region["other"])
    send(case, foreign)
    assert not TemplateUse.objects.exists()


def test_a_refused_reply_leaves_no_use(region: Any) -> None:
    case, made = case_in(region["own"]), template()
    with pytest.raises(CaseError):
        send(case, made, TEXT)  # the blanks are still there
    assert not TemplateUse.objects.exists()


def test_figures_equal_the_rows(region: Any) -> None:
    """Counted by hand: three replies from it, one returned, one judged a brush-off, two marks."""
    made, unused = template(), template("Лишний")
    replies = [send(case_in(region["own"]), made) for _ in range(3)]
    foreign = send(case_in(region["other"]), made, "Фонарь заменили двенадцатого мая.")
    send(case_in(region["own"]), None, "Двор осмотрели двенадцатого мая, снег вывезли.")
    judge = factories.make_person(Role.QUALITY_SUPERVISOR, region["own"])
    Review.objects.create(reply=replies[0], reviewer=judge, verdict="brush_off", returned=True)
    Reply.objects.filter(pk=replies[1].pk).update(state="returned")
    Mark.objects.create(case=replies[1].case, reply=replies[1], value=2)
    Mark.objects.create(case=replies[2].case, reply=replies[2], value=5)
    counters.catch_up()
    today = region_today()
    mine = Scope.of(judge)
    found = template_figures.figures_of([made, unused], mine, Period.week(today), today)
    figures = found[made.pk]
    assert (figures.uses, figures.sent, figures.returned) == (3, 4, 2)
    assert (figures.kept, figures.marks, figures.mark) == (100, 2, 3.5)
    assert figures.use_share == 0.75
    assert found[unused.pk] == template_figures.Figures(sent=4)
    everywhere = template_figures.figures_of([made], Scope(None), Period.week(today), today)
    assert (everywhere[made.pk].uses, everywhere[made.pk].sent) == (4, 5)
    rows, more = template_figures.uses_of(made, judge, mine, Period.week(today), None)
    assert len(rows) == figures.uses
    assert sum(row.returned for row in rows) == figures.returned
    assert sorted(row.mark for row in rows if row.mark) == [2, 5]
    assert more is None
    assert foreign.pk not in {row.row.pk for row in rows}


def test_pages_and_api_show_the_same_and_nothing_foreign(region: Any) -> None:
    made = template()
    template("Секретзимородок", agency=region["other"])
    own, other = send(case_in(region["own"]), made), send(case_in(region["other"]), made)
    counters.catch_up()
    judge = factories.make_person(Role.QUALITY_SUPERVISOR, region["own"])
    client = client_of(judge)
    listed = client.get(reverse("template-list"))
    assert "Секретзимородок" not in listed.content.decode()
    page = client.get(reverse("template-detail", args=[made.pk])).content.decode()
    assert own.case.number in page
    assert other.case.number not in page
    data = client.get(reverse("api-template", args=[made.pk])).json()
    assert [row["case"] for row in data["replies"]] == [own.case.number]
    assert (data["uses"], data["kept"], data["use_share"]) == (1, 100, 1.0)
    shown = client.get(reverse("api-templates")).json()["results"]
    assert {one["name"]: one["uses"] for one in shown} == {"Яма": 1}
    executor = client_of(own.case.executor)
    assert executor.get(reverse("template-list")).status_code == 403
    ReplyTemplate.objects.filter(pk=made.pk).update(owner=own.case.executor)
    assert executor.get(reverse("template-detail", args=[made.pk])).status_code == 200


def test_an_administrator_sees_numbers_without_cases(region: Any) -> None:
    made = template()
    own = send(case_in(region["own"]), made)
    counters.catch_up()
    boss = factories.make_person(Role.ADMINISTRATOR, region["region"])
    page = client_of(boss).get(reverse("template-detail", args=[made.pk])).content.decode()
    assert own.case.number not in page
    data = client_of(boss).get(reverse("api-template", args=[made.pk])).json()
    assert (data["uses"], data["replies"]) == (1, [])


def test_the_list_goes_on_where_it_ended_and_asks_little(region: Any) -> None:
    for at in range(120):
        template(f"Шаблон {at:03}")
    judge = factories.make_person(Role.QUALITY_SUPERVISOR, region["own"])
    client = client_of(judge)
    client.get(reverse("template-list"))
    seen, url = [], reverse("template-list")
    while url:
        with CaptureQueriesContext(connection) as asked:
            page = client.get(url)
        assert len(asked) <= 9, [query["sql"][:90] for query in asked]
        seen += [row[0].name for row in page.context["rows"]]
        cursor = page.context["next"]
        url = f"{reverse('template-list')}?cursor={cursor}" if cursor else ""
    assert seen == sorted(seen)
    assert len(set(seen)) == 120


def test_the_replies_of_a_template_go_on_where_they_ended(region: Any) -> None:
    made = template()
    replies = [factories.make_reply(case_in(region["own"])) for _ in range(3)]
    at = timezone.now()
    for reply in replies:
        TemplateUse.objects.create(
            reply=reply, template=made, agency=region["own"], at=at, kept=1, share=1
        )
    judge = factories.make_person(Role.QUALITY_SUPERVISOR, region["own"])
    period = Period.week(region_today())
    whole, _more = template_figures.uses_of(made, judge, Scope.of(judge), period, None)
    order = [use.row.pk for use in whole]
    rest, _more = template_figures.uses_of(made, judge, Scope.of(judge), period, order[0])
    assert [use.row.pk for use in rest] == order[1:]


def test_a_used_template_is_not_deleted(region: Any) -> None:
    made = template()
    send(case_in(region["own"]), made)
    boss = factories.make_person(Role.ADMINISTRATOR, region["region"])
    url = reverse("admin:cases_replytemplate_delete", args=[made.pk])
    answer = client_of(boss).post(url, {"reason": "устарел"})
    assert ReplyTemplate.objects.filter(pk=made.pk).exists()
    assert answer.status_code == 422
