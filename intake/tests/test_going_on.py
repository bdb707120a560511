"""Imports that stop on the way: found, finished, told truthfully; two imports at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, connections
from django.test import Client
from django.utils import timezone

from agencies.roles import Role
from cases.models import Case, CaseEvent, Citizen, Clock, Message, Reply
from intake import batches, importing, tasks
from intake.apart import Order, read_apart
from intake.importing import run_import
from intake.incoming import Line
from intake.models import ImportBatch
from intake.problems import NotATable
from intake.reading import Way
from intake.refs import zones
from intake.tests.command import ANSWERED, ROW, bring, counts_of, files_in, incident, write
from tests import factories

ROOT = Path(__file__).resolve().parent.parent.parent


def many(count: int) -> list[dict[str, str]]:
    return [{**ROW, "id": f"m{n}", "author_id": f"id{n % 7}"} for n in range(count)]


def kept(path: Path) -> ImportBatch:
    with path.open("rb") as file:
        return batches.keep_file(path.name, file, by=None)


class Stopped(Exception):
    """The power goes."""


def stop_after(lines: Iterator[Line], count: int) -> Iterator[Line]:
    for number, line in enumerate(lines):
        if number == count:
            raise Stopped
        yield line


def begin(path: Path, stop_at: int) -> ImportBatch:
    """An import whose process died: the rows before are in, the batch still says it runs."""
    batch = kept(path)
    reading = batches.open_batch(batch)
    reading.lines = stop_after(reading.lines, stop_at)
    with pytest.raises(Stopped):
        run_import(batch, reading, chunk=10)
    ImportBatch.objects.filter(pk=batch.pk).update(state="running", error="", finished_at=None)
    batch.refresh_from_db()
    return batch


def nothing_twice(count: int) -> None:
    assert Case.objects.count() == Message.objects.count() == count
    assert Clock.objects.count() == count
    assert CaseEvent.objects.filter(move="imported").count() == count
    assert Citizen.objects.count() == min(count, 7)


def test_a_stopped_import_goes_on_behind_its_chunks_when_the_command_runs_again(
    region: dict[str, Any], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", [*many(35), {**ROW, "id": "bad", "datetime": "вчера"}])
    batch = begin(path, 27)
    assert (batch.rows_done, batch.created, Case.objects.count()) == (27, 27, 27)
    result = bring(path)
    assert counts_of(result) == (35, 0, 0)  # of the whole file
    assert [row["row"] for row in result["quarantined"]] == [37]
    assert ImportBatch.objects.count() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.rows_total) == ("done", 36, 36)
    nothing_twice(35)


def test_the_worker_finds_a_stopped_import_and_finishes_it(
    region: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(write(tmp_path / "a.csv", many(35)), 27)
    asked: list[int] = []
    monkeypatch.setattr(tasks, "_defer", lambda task, pk: asked.append(pk))
    tasks.resume_stopped(timestamp=0)
    assert asked == [batch.pk]
    tasks.run_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.created) == ("done", 35)
    nothing_twice(35)
    asked.clear()
    tasks.resume_stopped(timestamp=0)
    assert asked == []


def test_a_stopped_import_whose_file_is_gone_says_so(
    region: dict[str, Any], tmp_path: Path
) -> None:
    batch = begin(write(tmp_path / "a.csv", many(35)), 27)
    default_storage.delete(batches.path_of(batch))
    tasks.resume_stopped(timestamp=0)
    batch.refresh_from_db()
    assert (batch.state, batch.error) == ("failed", "lost")


def test_an_import_that_failed_on_the_way_can_be_continued_on_its_page(
    region: dict[str, Any], tmp_path: Path
) -> None:
    client = Client()
    client.force_login(factories.make_person(Role.OPERATOR, region["region"], "operator"))
    batch = begin(write(tmp_path / "a.csv", many(35)), 27)
    ImportBatch.objects.update(state="failed", error="stopped")
    page = client.get(f"/import/{batch.pk}/").content.decode()
    assert "Продолжить импорт" in page
    assert "можно продолжить" in page
    client.post(f"/import/{batch.pk}/start/")
    tasks.run_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.created) == ("done", 35)
    nothing_twice(35)


def test_the_page_of_a_stopped_import_tells_that_nobody_is_at_it(
    region: dict[str, Any], tmp_path: Path
) -> None:
    client = Client()
    client.force_login(factories.make_person(Role.OPERATOR, region["region"], "operator"))
    batch = begin(write(tmp_path / "a.csv", many(35)), 27)
    assert "ждёт обработчика" in client.get(f"/import/{batch.pk}/").content.decode()
    with batches.held(batch) as mine:
        assert mine
        assert "ждёт обработчика" not in client.get(f"/import/{batch.pk}/").content.decode()
        assert batches.stopped() == []
    assert batches.stopped() == [batch]


def test_files_of_ended_imports_are_forgotten_after_a_month(
    region: dict[str, Any], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", many(3))
    bring(path)
    bring(path)
    first, second = ImportBatch.objects.order_by("pk")
    later = timezone.now() + timezone.timedelta(days=31)
    assert batches.has_file(first)
    ImportBatch.objects.filter(pk=second.pk).update(state="running")
    assert batches.forget_files(later) == 0
    ImportBatch.objects.filter(pk=second.pk).update(state="done")
    assert batches.forget_files() == 0
    assert batches.forget_files(later) == 1
    assert not batches.has_file(first)


def way() -> Way:
    return Way(zones("Europe/Moscow"), timezone.now())


@pytest.mark.django_db
def test_a_large_file_read_by_a_process_of_its_own_is_the_same(tmp_path: Path) -> None:
    rows = [incident(**ANSWERED, external_id=str(n)) for n in range(1200)]
    path = write(tmp_path / "a.csv", [*rows, incident(posted_at="вчера", external_id="9999")])
    apart = read_apart(Order(str(path), None, way()))
    from intake.reading import read_source

    here = read_source(path, None, way())
    assert apart.mapping == here.mapping
    assert apart.headers == here.headers
    assert apart.total == here.total == 1202
    assert list(apart.lines) == list(here.lines)


@pytest.mark.django_db
def test_a_file_that_is_no_table_is_refused_from_there_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"%PDF-1.4 nothing")
    with pytest.raises(NotATable) as refused:
        read_apart(Order(str(path), None, way()))
    assert refused.value.code == "pdf"


@pytest.mark.django_db
def test_a_reading_process_that_dies_is_a_refusal_and_leaves_no_orphan(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [incident(external_id=str(n)) for n in range(3000)])
    reading = read_apart(Order(str(path), None, way()))
    assert next(reading.lines).number == 2
    (child,) = _children()
    os.kill(child, signal.SIGKILL)
    with pytest.raises(NotATable) as refused:
        list(reading.lines)
    assert refused.value.code == "unreadable"
    other = read_apart(Order(str(path), None, way()))
    assert next(other.lines).number == 2
    (child,) = _children()
    del other
    assert _children() == []


def _children() -> list[int]:
    """Reading processes of this one."""
    found = []
    for task in Path("/proc/self/task").glob("*"):
        for pid in (task / "children").read_text().split():
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"intake.apart" in line:
                found.append(int(pid))
    return found


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_bring_every_row_once(
    settings: Any, tmp_path: Path
) -> None:
    files_in(settings, tmp_path / "files")
    factories.load_reference()
    factories.make_region()
    path = write(tmp_path / "a.csv", many(120))
    gate = threading.Barrier(2)
    results: list[tuple[int, int, int]] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            batch = kept(path)
            reading = batches.open_batch(batch)
            gate.wait()
            with batches.held(batch):
                done = run_import(batch, reading, chunk=10)
            results.append((done.created, done.updated, done.unchanged))
        except BaseException as error:  # noqa: BLE001  told by the test
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert sum(created for created, _, _ in results) == 120
    assert sum(unchanged for _, _, unchanged in results) == 120
    nothing_twice(120)


@pytest.mark.django_db(transaction=True)
def test_a_message_that_comes_by_the_api_in_the_same_moment_is_met_and_not_doubled(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cases import actions
    from intake import looking

    files_in(settings, tmp_path / "files")
    factories.load_reference()
    region = factories.make_region()
    service = factories.make_person(Role.IMPORT_SERVICE, region["region"], "service")
    channel = factories.make_channel()
    original = looking.Look._known
    came: list[str] = []

    def between(self: Any, rows: Any) -> Any:
        """The API is quicker, just after the import has looked for the message."""
        found = original(self, rows)
        if not came:

            def receive() -> None:
                actions.receive(
                    actor=service, channel=channel, external_id="m5", text="Из ленты",
                    posted_at=timezone.now(), author="id5",
                )  # fmt: skip
                connections.close_all()

            came.append("m5")
            thread = threading.Thread(target=receive)
            thread.start()
            thread.join(30)
        return found

    monkeypatch.setattr(looking.Look, "_known", between)
    result = bring(write(tmp_path / "a.csv", many(20)))
    assert (result["created"], result["updated"]) == (19, 1)
    assert Message.objects.filter(external_id="m5", is_current=True).count() == 1
    assert Case.objects.count() == 20


def database_url() -> str:
    found = connection.settings_dict
    query = {"host": found["HOST"]} if str(found["HOST"]).startswith("/") else {}
    where = "" if query else f"{found['HOST']}:{found['PORT'] or 5432}"
    secret = f":{quote(found['PASSWORD'])}" if found["PASSWORD"] else ""
    return f"postgresql://{quote(found['USER'])}{secret}@{where}/{found['NAME']}?{urlencode(query)}"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_import_killed_with_9_leaves_whole_chunks_and_is_finished_by_the_next_start(
    settings: Any, tmp_path: Path
) -> None:
    files = tmp_path / "data" / "files"
    files_in(settings, files)
    factories.load_reference()
    factories.make_topic()
    factories.make_territory()
    factories.make_region()
    count = 12_000
    rows = [
        incident(**ANSWERED, external_id=str(n), author_url=f"http://vk.com/id{n % 7}")
        for n in range(count)
    ]
    path = write(tmp_path / "a.csv", rows)
    env = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DATABASE_POOL": "0",
        "PORTAL_DATA": str(tmp_path / "data"),
        "SECRET_KEY": django_settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DEMO": "true",
    }
    env.pop("DATABASE_OWNER_URL", None)
    command = [sys.executable, "manage.py", "import_messages", str(path)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    drawn = process.stderr.readline()  # the first chunk is in
    process.kill()
    process.wait()
    assert "2000 /" in drawn, drawn
    batch = _settled()
    done = Case.objects.count()
    assert 2000 <= done < count
    assert batch.state == "running"
    assert batch.rows_done == batch.created == done == Reply.objects.count()
    assert batches.stopped() == [batch]
    result = bring(path)
    assert counts_of(result) == (count, 0, 0)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done) == ("done", count)
    assert Case.objects.count() == Reply.objects.count() == count
    terms = Clock.objects.values("case", "code").distinct().count()
    assert Clock.objects.count() == terms == 2 * count  # none begun twice
    assert Message.objects.values("external_id").distinct().count() == count
    assert Citizen.objects.count() == 7
    assert counts_of(bring(path)) == (0, 0, count)


def _settled() -> ImportBatch:
    """The batch once the server has noticed that its client is gone."""
    for _ in range(100):
        batch = ImportBatch.objects.get()
        if not batches.is_held(batch):
            return batch
        time.sleep(0.1)
    raise AssertionError("the lock outlived its process")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("back", [False, True])
def test_an_import_whose_database_went_away_goes_on_by_itself(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    """Also when a new connection stands already, and the error does not say what it was."""
    files_in(settings, tmp_path / "files")
    factories.load_reference()
    factories.make_region()
    batch = kept(write(tmp_path / "a.csv", many(35)))
    ImportBatch.objects.filter(pk=batch.pk).update(state="running")
    monkeypatch.setattr(importing, "CHUNK", 40)
    real, steps = importing._import_surely, [0]

    def cut_off(*given: Any) -> None:
        steps[0] += 1
        if steps[0] == 3 and back:
            connection.close()
            connection.ensure_connection()
            raise DatabaseError("the connection is lost")
        if steps[0] == 3:
            with connection.cursor() as cursor:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        real(*given)

    monkeypatch.setattr(importing, "_import_surely", cut_off)
    tasks.run_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.error, batch.rows_done) == ("running", "", 20)
    asked: list[int] = []
    monkeypatch.setattr(tasks, "_defer", lambda task, pk: asked.append(pk))
    tasks.resume_stopped(timestamp=0)
    assert asked == [batch.pk]
    tasks.run_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.created) == ("done", 35)
    nothing_twice(35)
