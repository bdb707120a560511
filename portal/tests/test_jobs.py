"""Jobs as administrators see them: marks, failures without words, retry, the silent worker."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from agencies.models import Agency
from agencies.roles import Role
from cases.models import JobFailure, Recount, TaskMark
from cases.watch_tasks import plan_again
from portal import jobs
from portal.wording_jobs import TASKS, word_cron, word_task
from tests import factories

pytestmark = pytest.mark.django_db
WORDS = "Марина Кузнецова, Садовая, 5"


def context(job: int = 1, name: str = "cases.remind") -> Any:
    return SimpleNamespace(job=SimpleNamespace(id=job, task_name=name))


def failed_job() -> int:
    job = plan_again.defer()
    with connection.cursor() as cursor:
        cursor.execute(
            "update procrastinate_jobs set status = 'failed', queueing_lock = null where id = %s",
            [job],
        )
    return job


def beat(ago: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (%s)",
            [timezone.now() - ago],
        )


@pytest.fixture
def admin() -> Client:
    factories.load_reference()
    region = factories.make_agency("region", kind=Agency.Kind.REGION)
    client = Client()
    client.force_login(factories.make_person(Role.ADMINISTRATOR, region))
    return client


def test_a_job_leaves_when_it_ran_and_what_it_did() -> None:
    assert jobs.mark(lambda: 7, context(), None) == 7
    mark = TaskMark.objects.get(name="cases.remind")
    assert mark.did == 7
    done = mark.did_at
    jobs.mark(lambda: 0, context(), None)
    mark.refresh_from_db()
    assert (mark.did, mark.did_at) == (7, done)
    assert mark.ran_at > done


def test_a_failure_keeps_its_kind_and_place_and_no_word() -> None:
    def fail() -> None:
        raise ValueError(f"bad row: {WORDS}")

    with pytest.raises(ValueError, match="bad row"):
        jobs.mark(fail, context(5), None)
    failure = JobFailure.objects.get()
    assert (failure.job, failure.task, failure.error) == (5, "cases.remind", "ValueError")
    assert failure.place.startswith("portal/tests/test_jobs.py:")
    assert WORDS not in str(JobFailure.objects.values())
    assert TaskMark.objects.get().failed_at is not None


def test_the_words_are_those_of_tasks_there_are() -> None:
    """A task without words shows its own name."""
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    own = {name for name in app.tasks if not name.startswith(("procrastinate.", "builtin"))}
    assert sorted(own ^ set(TASKS)) == []
    assert word_task("cases.remind") == "Предупреждения, окончания сроков, передача наверх"
    assert word_task("new.task") == "new.task"


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "каждую минуту"),
        ("*/10 * * * *", "каждые 10 минут"),
        ("23 * * * *", "каждый час"),
        ("17 3 * * *", "каждый день в 03:17 по UTC"),
        ("0 0 1 1 *", "0 0 1 1 *"),
    ],
)
def test_schedules_in_words(cron: str, words: str) -> None:
    assert word_cron(cron) == words


def test_the_page_shows_tasks_failures_and_warnings(admin: Client) -> None:
    job = failed_job()
    JobFailure.objects.create(job=job, task="cases.plan_again", error="KeyError", place="a.py:1")
    TaskMark.objects.create(
        name="cases.remind", ran_at=timezone.now(), did_at=timezone.now(), did=1234
    )
    Recount.objects.create(cause="night", key="night:1", basis="x", expected=10, seen=5)
    page = admin.get("/jobs/").content.decode()
    assert "Обработчик молчит" in page
    assert "Предупреждения, окончания сроков" in page
    assert "KeyError" in page
    assert "1\N{NO-BREAK SPACE}234" in page or "1 234" in page
    assert 'aria-valuenow="50"' in page
    part = admin.get("/jobs/?part=1").content.decode()
    assert part.lstrip().startswith('<div id="jobs"')


def test_a_failed_job_runs_again_once(admin: Client) -> None:
    job = failed_job()
    assert admin.post(f"/jobs/{job}/retry/").status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("select status::text from procrastinate_jobs where id = %s", [job])
        assert cursor.fetchone() == ("todo",)
    assert jobs.retry(job) is False
    assert jobs.retry(0) is False


def test_over_the_api(admin: Client) -> None:
    job = failed_job()
    data = admin.get("/api/jobs/").json()
    assert data["silent"] is True
    assert [one["id"] for one in data["failures"]] == [job]
    assert {"cases.remind", "cases.recount"} <= {task["name"] for task in data["tasks"]}
    assert admin.post(f"/api/jobs/{job}/retry/").json() == {"retried": True}
    assert admin.post(f"/api/jobs/{job}/retry/").status_code == 404


def test_health_says_when_the_worker_is_silent(client: Client) -> None:
    assert client.get("/health/worker/").status_code == 503
    assert "worker_silent" in client.get("/health/ready/").json()["warnings"]
    beat(timedelta(minutes=5))
    assert client.get("/health/worker/").status_code == 503
    beat(timedelta(seconds=5))
    answer = client.get("/health/worker/")
    assert (answer.status_code, answer.json()["silent"]) == (200, False)
    assert "worker_silent" not in client.get("/health/ready/").json()["warnings"]


def test_the_admin_index_warns_of_a_missing_calendar(admin: Client) -> None:
    from agencies.models import CalendarDay

    CalendarDay.objects.filter(day__year=timezone.localdate().year).delete()
    page = admin.get("/admin/").content.decode()
    assert f"Нет производственного календаря на {timezone.localdate().year} год" in page
    assert "Фоновые задания" in page


def test_the_index_of_an_agencys_administrator_has_no_service_pages() -> None:
    own = factories.make_agency("own")
    client = Client()
    client.force_login(factories.make_person(Role.ADMINISTRATOR, own))
    assert "Фоновые задания" not in client.get("/admin/").content.decode()
    assert client.get("/jobs/").status_code == 403
