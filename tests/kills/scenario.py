"""A life for each case, made through the API by the people whose move it is."""

import random
import threading
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.factories import REPLY
from tests.kills.people import Answer, Hall, Lost

CLIENTS = 3
FILE_ROWS = 20
TEXTS = (
    REPLY,
    "Обращение рассмотрено, меры будут приняты в установленном порядке.",
    "Яму во дворе дома {n} засыпали щебнем вчера, асфальт уложит «Дорсервис» до 20 числа.",
    "Мастер Петров осмотрел участок {n}: просел люк. Обечайку заменили сегодня утром.",
)
_PLACE = "Во дворе дома {n} по улице Садовой яма. Когда её засыпят?"


@dataclass(slots=True)
class Life:
    """What the people know of a case: what they were told last."""

    number: str
    dice: random.Random
    status: str = "received"
    version: int = 0
    agency: str = ""
    executor: str = ""
    interim: bool = False


@dataclass(slots=True)
class Story:
    """What was acknowledged, and what nobody knows: (number, version, move)."""

    sure: list[tuple[str, int, str]] = field(default_factory=list)
    unsure: list[tuple[str, int, str]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    arrived: int = 0


class Scenario:
    def __init__(
        self, hall: Hall, people: dict[str, Any], facts: dict[str, Any], options: Namespace
    ) -> None:
        self.hall, self.people, self.facts = hall, people, facts
        self.cases, self.seed, self.steps = options.cases, options.seed, options.steps
        self.story = Story()
        self._lock = threading.Lock()

    def run(self) -> Story:
        """Messages come by file and by the API, every case is worked on by three people at once."""
        by_file = self.cases * 2 // 5 // FILE_ROWS * FILE_ROWS
        with ThreadPoolExecutor(CLIENTS) as pool:
            files = [
                pool.submit(self._bring, number, range(first, first + FILE_ROWS))
                for number, first in enumerate(range(0, by_file, FILE_ROWS))
            ]
            lives = [pool.submit(self._arrive, at) for at in range(by_file, self.cases)]
            for done in (*files, *lives):
                done.result()
            known = {life.number for life in (done.result() for done in lives) if life}
            imported = [number for number in self._all_numbers() if number not in known]
            list(pool.map(self._live, imported))
        return self.story

    # Arriving.

    def _text(self, at: int) -> str:
        return _PLACE.format(n=at)

    def _arrive(self, at: int) -> Life:
        """One message by the API, then the life of its case; sent again under the same key."""
        posted = datetime.now(UTC) - timedelta(minutes=5)
        values = {
            "channel": "vk",
            "external_id": f"api-{at}",
            "text": self._text(at),
            "posted_at": posted.isoformat(),
            "author": f"id{at % 97}",
            "topic": "roads.pits",
            "place": f"Садовая, {at}",
        }
        answer = self.hall.again(
            lambda: self.hall.post(
                self.people["import_service"],
                "/api/messages/",
                values,
                Idempotency_Key=f"m{self.seed}-{at}",
            )
        )
        assert answer.status in (200, 201), (answer.status, answer.body[:300])
        with self._lock:
            self.story.arrived += 1
        return self._live(answer.data["number"])

    def _bring(self, number: int, rows: range) -> None:
        """A file through the page of the import, started and waited for."""
        who, hall = self.people["operator"], self.hall
        lines = ["id,datetime,source,author_id,text,address"]
        moment = f"{datetime.now(UTC):%d.%m.%Y} 00:{number:02}"
        lines += [
            f'file-{at},{moment},vk,id{at % 97},"{self._text(at)}","улица Садовая, {at}"'
            for at in rows
        ]
        edge = "----of-the-scenario"
        body = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{number}.csv"\r\n'
            "Content-Type: text/csv\r\n\r\n" + "\n".join(lines) + f"\r\n--{edge}--\r\n"
        ).encode()
        hall.sign_in(who)
        kind = f"multipart/form-data; boundary={edge}"
        answer = hall.again(lambda: hall.ask(who, "POST", "/import/", body, Content_Type=kind))
        assert answer.status == 302, answer.body[:500]
        page = answer.headers["location"]
        hall.get(who, page)
        hall.again(lambda: hall.ask(who, "POST", f"{page}start/"))
        until = time.monotonic() + 600
        while "hx-refresh" not in hall.get(who, f"{page}progress/").headers:
            assert time.monotonic() < until, f"the import {page} never ends"
            time.sleep(1)
        with self._lock:
            self.story.arrived += len(rows)

    def _all_numbers(self) -> list[str]:
        found: list[str] = []
        page = "/api/cases/?page_size=200"
        while page:
            data = self.hall.get(self.people["coordinator"], page).data
            found += [row["number"] for row in data["results"]]
            page = "/api/" + data["next"].split("/api/", 1)[1] if data["next"] else ""
        return found

    # Living.

    def _live(self, number: str) -> Life:
        life = Life(number, random.Random(f"{self.seed}/{number}"))
        self._look(life)
        refused = 0
        for _step in range(self.steps):
            moves = list(self._moves(life))
            if not moves or refused > 3:
                break
            who, move, values = life.dice.choices(moves, [m[0] for m in moves])[0][1:]
            refused += not self._make(life, who, move, values)
        return life

    def _look(self, life: Life) -> None:
        """What has become of it, as the coordinator sees it."""
        answer = self.hall.get(self.people["coordinator"], f"/api/cases/{life.number}/")
        assert answer.status == 200, answer.body[:300]
        self._take_over(life, answer.data)
        life.agency = (answer.data["agency"] or {}).get("code", "")

    @staticmethod
    def _take_over(life: Life, data: dict[str, Any]) -> None:
        life.status, life.version = data["status"], data["version"]

    def _make(self, life: Life, who: str, move: str, values: dict[str, Any]) -> bool:
        """One move as of the version its maker saw; whether it was made."""
        path = f"/api/cases/{life.number}/{move.replace('_', '-')}/"
        before = life.version
        headers = {"If_Match": f'"{before}"'}
        try:
            if move == "submit_reply":
                # Sent again under its key: the answer to the first one, if there was one.
                headers["Idempotency_Key"] = f"{life.number}-{before}"
                answer = self.hall.again(lambda: self.hall.post(who, path, values, **headers))
            else:
                answer = self.hall.post(who, path, values, **headers)
        except Lost:
            self._look(life)
            if life.version != before:
                with self._lock:
                    self.story.unsure.append((life.number, before + 1, move))
            return True
        return self._told(life, move, values, answer)

    def _told(self, life: Life, move: str, values: dict[str, Any], answer: Answer) -> bool:
        if answer.status != 200:
            with self._lock:
                self.story.refused[f"{move}: {answer.status}"] += 1
            self._look(life)
            return False
        data = answer.data
        self._take_over(life, data)
        life.agency = data["agency"] or ""
        if move == "submit_reply":
            life.interim = values.get("kind") == "interim"
        if move == "assign":
            life.executor = values["executor"]
        with self._lock:
            self.story.sure.append((life.number, life.version, move))
        return True

    def _moves(self, life: Life) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
        """Weight, person, move, values: what may be done next."""
        centre, dice = self.people, life.dice
        own = centre["agencies"].get(life.agency, {})
        executors = own.get("executors", [])
        worker = life.executor if life.executor in executors else dice.choice(executors or [""])
        reply = {"text": dice.choice(TEXTS).format(n=dice.randrange(1, 400)), "override": "Так"}
        match life.status:
            case "received":
                yield 1, centre["operator"], "start_moderation", {}
            case "moderation":
                where = dice.choice(sorted(centre["agencies"]))
                yield 16, centre["operator"], "route", {"agency": where}
                yield 1, centre["operator"], "amend", {"title": "Яма во дворе"}
                yield 1, centre["operator"], "reject", {"reason": self.facts["rejection"]}
                yield 1, centre["second"], "confirm_rejection", {"note": "Согласна"}
            case "routed":
                yield 6, worker, "take", {}
                yield 5, own["curator"], "assign", {"executor": dice.choice(executors)}
                yield (
                    1,
                    own["curator"],
                    "dispute_competence",
                    {
                        "reason": self.facts["redirect"],
                        "proposed": dice.choice(sorted(centre["agencies"])),
                    },
                )
                yield 1, centre["operator"], "recall_routing", {"reason": "Не то ведомство"}
            case "redirect_asked":
                where = dice.choice(sorted(centre["agencies"]))
                yield 1, centre["coordinator"], "redirect", {"agency": where}
                yield 1, centre["coordinator"], "refuse_redirect", {"note": "Ваша дорога"}
            case "in_work" | "rework" | "interim":
                yield 12, worker, "submit_reply", reply
                yield 1, worker, "add_note", {"text": "Позвонить мастеру"}
                yield 1, centre["head_office"], "set_control", {"reason": "Поручение"}
                if life.status == "in_work":
                    day = {"kind": "interim", "promised_on": self.facts["workday"]}
                    yield 2, worker, "submit_reply", reply | day
            case "approval":
                posted = {"url": f"https://vk.example/wall-1_{dice.randrange(10**6)}"}
                name = "give_interim" if life.interim else "publish"
                yield 8, own["approver"], name, posted
                yield 1, own["approver"], "return_to_author", {"remark": "Назовите срок"}
                yield 1, worker, "withdraw_reply", {}
            case "review":
                grounds = {"grounds": [self.facts["return"]], "remark": "Нет срока"}
                yield 2, centre["quality_supervisor"], "accept_reply", {}
                yield 2, centre["quality_supervisor"], "return_for_rework", grounds
            case "answered":
                grounds = {"grounds": [self.facts["return"]], "remark": "Яма на месте"}
                mark = {"value": str(dice.randint(1, 5)), "comment": ""}
                yield 4, centre["operator"], "record_mark", mark
                yield 3, centre["coordinator"], "close", {"reason": self.facts["closing"]}
                yield 1, centre["quality_supervisor"], "return_for_rework", grounds
                yield 1, own["approver"], "recall_publication", {"reason": "Не та ссылка"}
                yield 1, own["approver"], "correct_reply", {"reason": "Опечатка"}
            case "closed" if dice.random() < 0.15:
                yield 1, centre["quality_supervisor"], "reopen", {"reason": "Житель возразил"}
            case "reopened":
                yield 1, centre["coordinator"], "resume", {}
