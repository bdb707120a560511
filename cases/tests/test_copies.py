"""The index of earlier replies in the database: what is in it, what is found, who sees what."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency
from cases import actions, checking, formulas, reuse, tasks
from cases.models import Case, Formula, MassEvent, Reply, ReplyKey, ReplyPrint
from cases.reuse import Asked
from cases.workflow import Status
from quality import DEFAULT, Assessment, EarlierReply, assess
from quality.masks import masked
from quality.memory import MemoryIndex
from quality.prints import PER_KEY, make_print
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db

TEXT = (
    "Здравствуйте! Специалистами отдела изучены поступившие материалы, схема движения, состояние "
    "покрытия и обочин, после чего подготовлены предложения о включении участка в перечень "
    "объектов содержания, о чём уведомлены заинтересованные службы и подрядчик."
)
EDITED = TEXT.replace("перечень", "список").replace("изучены", "рассмотрены")
OTHER = (
    "Четверо сотрудников вчера вывезли ветки от школьной котельной, а сломанную калитку заварил "
    "сварщик Лапин; ключ от неё лежит на вахте у дежурной Ниловой, звоните с восьми до пяти."
)
SHORT = "Яму у дома засыпали, спасибо за сигнал."


def stored(agency: Agency, text: str, *, days: int = 0, **facts: Any) -> Reply:
    """A reply in the index, sent by an agency in a case of its own."""
    case = factories.make_case(Status.IN_WORK, agency)
    moment = timezone.now() - timedelta(days=days)
    values = {"state": Reply.State.APPROVAL, "submitted_at": moment} | facts
    reply = factories.make_reply(case, text=text, **values)
    reuse.add([reply])
    return reply


def keys_of(text: str) -> set[tuple[int, int]]:
    wanted = make_print(text).keys
    return set(ReplyKey.objects.filter(h__in=wanted).values_list("h", "reply_id"))


def checked(case: Case, text: str) -> Assessment:
    assert case.executor is not None
    return checking.check(checking.ground_of(case, case.executor), text)


def found(case: Case, text: str) -> list[int]:
    """Replies the check names as sources."""
    told = checked(case, text)
    return [int(match.key) for match in told.reuse.sources] if told.reuse else []


def submitted(case: Case, text: str) -> Reply:
    person = case.executor
    assert person is not None
    return actions.submit_reply(case, actor=person, text=text, override="проверено")


# What is in the index


def test_a_sent_reply_is_in_the_index_with_its_transaction(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    with transaction.atomic():
        reply = submitted(case, TEXT)
        assert {reply_id for _h, reply_id in keys_of(TEXT)} == {reply.pk}
        transaction.set_rollback(True)
    assert not keys_of(TEXT)
    reply = submitted(case, TEXT)
    own = make_print(TEXT)
    row = ReplyPrint.objects.get(pk=reply.pk)
    assert set(row.keys) == set(own.keys) == {h for h, _ in keys_of(TEXT)}
    assert bytes(row.sketch) == own.sketch
    assert (row.family, row.agency_id) == (reply.pk, region["own"].pk)
    assert row.sent_on == timezone.localdate()


@pytest.mark.parametrize("how", ["withdrawn", "returned"])
def test_a_text_no_citizen_got_leaves_the_index(region: dict[str, Agency], how: str) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    reply = submitted(case, TEXT)
    other = factories.make_case(Status.IN_WORK, region["own"])
    assert found(other, EDITED) == [reply.pk]
    case.refresh_from_db(fields=["status", "version"])
    if how == "withdrawn":
        actions.withdraw_reply(case, actor=reply.author)
    else:
        supervisor = factories.make_person("quality_supervisor", region["region"])
        Case.objects.filter(pk=case.pk).update(status=Status.REVIEW)
        actions.return_for_rework(case, actor=supervisor, grounds=["no_substance"])
    assert not keys_of(TEXT)
    assert found(other, EDITED) == []


def test_a_published_and_a_corrected_reply_are_both_found(region: dict[str, Agency]) -> None:
    case = factories.make_case(Status.IN_WORK, region["own"])
    first = submitted(case, TEXT)
    Reply.objects.filter(pk=first.pk).update(
        state=Reply.State.PUBLISHED, published_at=timezone.now()
    )
    Case.objects.filter(pk=case.pk).update(status=Status.REWORK)
    second = submitted(Case.objects.get(pk=case.pk), OTHER)
    reader = factories.make_case(Status.IN_WORK, region["own"])
    assert found(reader, EDITED) == [first.pk]
    assert found(reader, OTHER.replace("вчера", "сегодня")) == [second.pk]
    # Its own earlier reply is no copy of a case.
    assert first.pk not in found(case, EDITED)


def test_an_anonymised_reply_changes_the_index_at_once(region: dict[str, Agency]) -> None:
    reply = stored(region["own"], f"{TEXT} {OTHER}")
    case = factories.make_case(Status.IN_WORK, region["own"])
    assert found(case, OTHER) == [reply.pk]
    Reply.objects.filter(pk=reply.pk).update(text=TEXT)
    assert not ReplyKey.objects.filter(reply_id=reply.pk).exists()
    reply.refresh_from_db()
    reuse.renew([reply])
    assert found(case, OTHER) == []
    assert found(case, EDITED) == [reply.pk]
    assert keys_of(f"{TEXT} {OTHER}") <= keys_of(TEXT)


def test_a_deleted_reply_takes_its_keys_along(region: dict[str, Agency]) -> None:
    reply = stored(region["own"], TEXT)
    assert ReplyKey.objects.filter(reply_id=reply.pk).exists()
    reply.delete()
    assert not ReplyKey.objects.exists()
    assert not ReplyPrint.objects.exists()


def test_of_a_key_the_oldest_sixteen_are_kept_by_the_database(region: dict[str, Agency]) -> None:
    first = stored(region["own"], TEXT)
    for _ in range(PER_KEY + 3):
        latest = stored(region["own"], TEXT)
    assert len(keys_of(TEXT)) == PER_KEY * len(make_print(TEXT).keys)
    assert ReplyPrint.objects.get(pk=latest.pk).keys == []
    # The place of one that leaves is free for the next.
    first.delete()
    again = stored(region["own"], TEXT)
    assert {reply_id for _h, reply_id in keys_of(TEXT)} >= {again.pk}


def test_the_index_can_be_made_anew(region: dict[str, Agency]) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    for _ in range(PER_KEY + 2):
        stored(region["own"], TEXT)
    stored(region["own"], OTHER)
    before = set(ReplyKey.objects.values_list("h", "reply_id"))
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")  # a test is one transaction
        cursor.execute(reuse.FILL_KEYS)
    assert set(ReplyKey.objects.values_list("h", "reply_id")) == before
    call_command("index_replies", "--all", verbosity=0)
    assert set(ReplyKey.objects.values_list("h", "reply_id")) == before


def test_the_migration_indexes_the_replies_that_are_there(region: dict[str, Agency]) -> None:
    reply = stored(region["own"], TEXT)
    returned = stored(region["own"], OTHER, state=Reply.State.RETURNED)
    event = MassEvent.objects.create(
        code="e", title="Авария", approved_text=OTHER, starts_on="2026-01-01"
    )
    reuse.forget([reply, returned])
    MassEvent.objects.update(keys=[])
    import_module("cases.migrations.0021_fill_reuse_index").fill(apps, None)
    assert set(ReplyPrint.objects.values_list("pk", flat=True)) >= {reply.pk}
    assert not ReplyPrint.objects.filter(pk=returned.pk).exists()
    event.refresh_from_db()
    assert set(event.keys) == set(make_print(OTHER).keys)


# What is found


def test_the_database_finds_what_the_memory_finds(region: dict[str, Agency]) -> None:
    from quality.evaluate_reuse import texts  # noqa: PLC0415

    pool = texts()[:40]
    memory = MemoryIndex()
    for text in pool:
        reply = stored(region["own"], text)
        memory.add(EarlierReply(str(reply.pk), text))
    case = factories.make_case(Status.IN_WORK, region["other"])
    for text in pool[::3]:
        half = f"{text[: len(text) // 2]} {OTHER}"
        (known,) = reuse.look_up([Asked(case, half)], DEFAULT)
        in_memory = memory.candidates(half)
        assert [(e.key, e.rare) for e in known.earlier] == [(e.key, e.rare) for e in in_memory]


def test_the_families_of_a_text_are_counted(region: dict[str, Agency]) -> None:
    for days in (0, 0, 400):
        stored(region["other"], TEXT, days=days)
    first = ReplyPrint.objects.order_by("pk").first()
    assert first is not None
    ReplyPrint.objects.update(family=first.pk)
    case = factories.make_case(Status.IN_WORK, region["own"])
    (known,) = reuse.look_up([Asked(case, TEXT)], DEFAULT)
    assert (known.same, known.times) == (True, 3)
    assert known.this_month == 2
    reply = submitted(case, EDITED)
    assert ReplyPrint.objects.get(pk=reply.pk).family == first.pk
    assert reply.assessment["reuse"]["times"] == 3


def test_the_agencys_own_copies_are_shown_among_thousands(region: dict[str, Agency]) -> None:
    hot = [stored(region["other"], TEXT) for _ in range(PER_KEY + 2)]
    own = stored(region["own"], TEXT)
    ReplyPrint.objects.update(family=hot[0].pk)
    case = factories.make_case(Status.IN_WORK, region["own"])
    assert own.pk in found(case, EDITED)


def test_a_short_text_is_counted_and_not_claimed(region: dict[str, Agency]) -> None:
    first = stored(region["other"], SHORT)
    for _ in range(2):
        stored(region["other"], SHORT)
    stored(region["other"], SHORT, days=70)
    ReplyPrint.objects.update(family=first.pk)
    case = factories.make_case(Status.IN_WORK, region["own"])
    told = checked(case, SHORT)
    codes = {finding.code: finding.params for finding in told.findings}
    assert codes["Q40"] == {"times": 3}
    assert "Q10" not in codes
    page = client_of(case.executor).post(f"/cases/{case.number}/check/", {"text": SHORT})  # type: ignore[arg-type]
    assert "3 раза" in page.content.decode()
    assert "Повтор текста" not in page.content.decode()
    short = submitted(case, SHORT)
    assert ReplyPrint.objects.get(pk=short.pk).family == first.pk


def make_event(**facts: Any) -> MassEvent:
    today = timezone.localdate()
    values = {"code": "flood", "title": "Паводок", "approved_text": TEXT} | facts
    return MassEvent.objects.create(starts_on=today - timedelta(days=3), **values)


def test_an_approved_text_of_the_cases_event_is_no_copy(region: dict[str, Agency]) -> None:
    stored(region["own"], TEXT)
    event = make_event()
    case = factories.make_case(Status.IN_WORK, region["own"], event=event)
    assert found(case, TEXT) == []


@pytest.mark.parametrize("why", ["ended", "not begun", "other event", "other topic", "other place"])
def test_an_approved_text_in_an_unlike_case_is_a_copy(region: dict[str, Agency], why: str) -> None:
    today = timezone.localdate()
    facts: dict[str, Any] = {}
    if why == "ended":
        facts["ends_on"] = today - timedelta(days=1)
    case = factories.make_case(Status.IN_WORK, region["own"])
    if why == "other topic":
        facts["topic"] = factories.make_topic("other")
    if why == "other place":
        facts["territory"] = factories.make_territory("other")
    event = make_event(**facts)
    if why == "not begun":
        MassEvent.objects.update(starts_on=today + timedelta(days=1))
    if why == "other event":
        case.event = make_event(code="fire", approved_text=OTHER)
        case.save()
    told = checked(case, TEXT)
    assert told.reuse is not None
    assert [match.key for match in told.reuse.sources] == [f"event:{event.pk}"]
    page = client_of(case.executor).post(  # type: ignore[arg-type]
        f"/cases/{case.number}/check/", {"text": TEXT}, headers={"HX-Request": "true"}
    )
    assert "утверждённый для других обращений" in page.content.decode()
    assert "Паводок" not in page.content.decode()


def test_an_approved_text_fits_a_like_case_no_event_was_named_in(region: dict[str, Agency]) -> None:
    make_event()
    case = factories.make_case(Status.IN_WORK, region["own"])
    assert found(case, TEXT) == []


# Formulas


def test_the_worker_counts_sentences_of_replies_that_copy_nobody(region: dict[str, Agency]) -> None:
    formula = "Мониторинг ситуации продолжается в ежедневном режиме силами учреждения."
    (value,) = masked(formula).sentences.values()
    for number in range(3):
        stored(region["own"], f"{OTHER} Дом {number}. {formula}", similarity=0.0)
    stored(region["own"], f"{TEXT} {formula}", similarity=0.8)
    stored(
        region["own"],
        f"{TEXT} {formula}",
        similarity=0.0,
        state=Reply.State.WITHDRAWN,
    )
    waiting = stored(region["own"], f"{TEXT} {formula}", risk=None)
    stored(region["own"], f"{TEXT} {formula}", similarity=0.0)
    while formulas.count_some(limit=2):
        pass
    assert Formula.objects.get(pk=value).families == 3
    Reply.objects.filter(pk=waiting.pk).update(risk=0.1, similarity=0.0)
    tasks.count_formulas(0)
    assert Formula.objects.get(pk=value).families == 5
    assert not formulas.count_some()


def test_formulas_do_not_count_and_are_greyed(region: dict[str, Agency]) -> None:
    grey = (
        "Мониторинг ситуации продолжается в ежедневном режиме силами учреждения на всех участках."
    )
    common = f"{grey} Указанные мероприятия выполняются в рамках утверждённого задания по графику."
    reply = stored(region["own"], f"{OTHER} {common}")
    text = f"{TEXT} {common}"
    case = factories.make_case(Status.IN_WORK, region["own"])
    assert found(case, text) == [reply.pk]
    Formula.objects.bulk_create(
        Formula(hash=value, families=DEFAULT.formula_families, seen_on=timezone.localdate())
        for value in masked(common).sentences.values()
    )
    assert found(case, text) == []
    page = client_of(case.executor).post(f"/cases/{case.number}/check/", {"text": text})  # type: ignore[arg-type]
    assert '<span class="formula">Мониторинг' in page.content.decode()


def test_rare_sentences_are_forgotten(region: dict[str, Agency]) -> None:
    today = timezone.localdate()
    long_ago = today - formulas.KEPT - timedelta(days=1)
    for number, (families, seen_on) in enumerate([(1, long_ago), (2, long_ago), (1, today)]):
        Formula.objects.create(hash=number, families=families, seen_on=seen_on)
    tasks.drop_rare_sentences(0)
    assert set(Formula.objects.values_list("hash", flat=True)) == {1, 2}


# Who sees what


def test_a_foreign_agencys_reply_is_a_count_and_spans_in_the_own_text(
    region: dict[str, Agency],
) -> None:
    secret = stored(region["other"], f"{TEXT} Тайна соседей: подвал на Ржавой улице.")
    case = factories.make_case(Status.IN_WORK, region["own"])
    client = client_of(case.executor)  # type: ignore[arg-type]
    page = client.post(f"/cases/{case.number}/check/", {"text": EDITED}).content.decode()
    assert "ответ другого ведомства" in page
    assert '<mark data-source="А">' in page
    told = client.post(f"/api/cases/{case.number}/check/", {"text": EDITED}).json()
    (source,) = told["sources"]
    assert (source["case"], source["agency"]) == (None, None)
    assert all(len(span) == 2 for span in source["spans"])
    assert told["hidden_sources"] == 1
    reply = submitted(case, EDITED)
    pages = [
        page,
        str(told),
        client.get(f"/cases/{case.number}/").content.decode(),
        client.get(f"/api/cases/{case.number}/").content.decode(),
        str(list(reply.findings.values_list("params", flat=True))),
        str(list(case.events.values_list("data", flat=True))),
    ]
    for where in pages:
        for word in ("Тайна", "Ржавой", secret.case.number, region["other"].name):
            assert word not in where
    for where in pages[4:]:
        assert str(secret.pk) not in where


def test_who_may_open_the_case_sees_both_sides(region: dict[str, Agency]) -> None:
    stored(region["own"], f"{TEXT} Приписка для своих.")
    case = factories.make_case(Status.IN_WORK, region["own"])
    client = client_of(case.executor)  # type: ignore[arg-type]
    page = client.post(f"/cases/{case.number}/check/", {"text": EDITED}).content.decode()
    assert "Приписка для своих" in page
    assert page.count('<mark data-source="А">') >= 2
    told = client.post(f"/api/cases/{case.number}/check/", {"text": EDITED}).json()
    assert all(len(span) == 4 for span in told["sources"][0]["spans"])
    submitted(case, EDITED)
    Case.objects.filter(pk=case.pk).update(status=Status.REVIEW)
    supervisor = factories.make_person("quality_supervisor", region["region"])
    desk = client_of(supervisor).get(f"/review/{case.number}/").content.decode()
    assert "Приписка для своих" in desk
    assert desk.count('<mark data-source="А">') >= 3


# Many at once


def backlog(agency: Agency, texts: list[str]) -> list[Reply]:
    replies = [stored(agency, text, days=len(texts) - at) for at, text in enumerate(texts)]
    reuse.forget(replies)
    Reply.objects.update(risk=None, similarity=None)
    return replies


def test_a_backlog_is_checked_as_one_by_one(region: dict[str, Agency]) -> None:
    texts = [TEXT, OTHER, EDITED, f"{TEXT[:150]} {OTHER}", SHORT, SHORT]
    replies = backlog(region["own"], texts)
    tasks.check_backlog()
    assert [ReplyPrint.objects.get(pk=r.pk).family == r.pk for r in replies] == [
        True, True, False, True, True, False,
    ]  # fmt: skip
    memory = MemoryIndex()
    for reply, text in zip(replies, texts, strict=True):
        reply.refresh_from_db()
        own = assess(checking.values_of(reply.case, "x", text), memory.candidates(text)).reuse
        told = reply.assessment["reuse"]
        assert (told is None) == (own is None), text
        if own is not None:
            assert [s["key"] for s in told["sources"]] == [s.key for s in own.sources]
            assert reply.similarity == max(own.similarity, own.containment)
        memory.add(EarlierReply(str(reply.pk), text))


def test_a_backlog_needs_few_statements(region: dict[str, Agency]) -> None:
    counts = []
    for size in (3, 12):
        backlog(region["own"], [f"{TEXT} {OTHER} {n}" for n in range(size)])
        with CaptureQueriesContext(connection) as caught:
            tasks.check_some()
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 24


def test_a_check_asks_a_bounded_number_of_times(
    region: dict[str, Agency], django_assert_max_num_queries: Any
) -> None:
    for _ in range(10):
        stored(region["own"], TEXT)
    case = factories.make_case(Status.IN_WORK, region["own"])
    with django_assert_max_num_queries(5):
        assert checked(case, EDITED).reuse is not None
    with django_assert_max_num_queries(2):
        assert checked(case, OTHER).reuse is None


def test_what_was_just_looked_up_is_asked_for_by_its_keys_alone(region: dict[str, Agency]) -> None:
    one, two = stored(region["own"], TEXT), stored(region["own"], EDITED)
    case = factories.make_case(Status.IN_WORK, region["own"])
    first = checked(case, TEXT)
    with CaptureQueriesContext(connection) as caught:
        assert checked(case, TEXT) == first
    assert sum("cases_replyprint" in query["sql"] for query in caught) == 0
    assert {one.pk, two.pk} == set(found(case, TEXT))


@pytest.mark.parametrize("what", ["sent", "taken back", "in another case"])
def test_what_happened_since_the_last_look_is_seen(region: dict[str, Agency], what: str) -> None:
    one = stored(region["own"], TEXT)
    case = factories.make_case(Status.IN_WORK, region["own"])
    assert found(case, TEXT) == [one.pk]
    if what == "sent":
        another = stored(region["other"], TEXT)
        assert set(found(case, TEXT)) == {one.pk, another.pk}
    elif what == "taken back":
        reuse.forget([one])
        assert found(case, TEXT) == []
    else:
        assert found(one.case, TEXT) == []  # of its own case it is no copy
