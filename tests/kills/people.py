"""The people of the scenario as clients: they sign in, ask, and ask again when nobody answers."""

import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from tests.kills.region import PASSWORD

CSRF = "b" * 32
# A start of the web server and a recovery of the database lie within it.
PATIENCE = 180.0


class Lost(Exception):
    """No answer, or one of a portal that could not work: nobody knows what was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body) if self.body else None


class Hall:
    """The door of the portal; sessions are shared by all threads, connections are not."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.told: Counter[str] = Counter()
        self.changes = 0
        self._cookies: dict[str, str] = {}
        self._signing = threading.Lock()
        self._asking = threading.Event()

    def ask(
        self, who: str, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> Answer:
        """One try. Raises Lost."""
        sent = {"X-CSRFToken": CSRF, "Accept-Language": "ru"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Cookie"] = self._cookies.get(who, f"csrftoken={CSRF}")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=sent)
            if method == "POST":
                self._asking.set()
            answer = connection.getresponse()
            cookies = answer.headers.get_all("Set-Cookie") or []
            names = {name.lower(): value for name, value in answer.getheaders()}
            found = Answer(answer.status, names, cookies, answer.read())
        except (OSError, HTTPException) as error:
            self.told[f"lost: {type(error).__name__}"] += 1
            raise Lost from error
        finally:
            connection.close()
        self.told[str(found.status)] += 1
        if found.status >= 500:
            raise Lost
        if method == "POST" and found.status < 400:
            self.changes += 1
        return found

    def wait_for_one(self, dice: random.Random) -> None:
        """Until somebody has asked for a change and, as a rule, has no answer yet."""
        self._asking.clear()
        if self._asking.wait(3):
            time.sleep(dice.uniform(0, 0.04))

    def post(self, who: str, path: str, values: dict[str, Any], **headers: str) -> Answer:
        """One try of a call of the API. Raises Lost."""
        self.sign_in(who)
        body = json.dumps(values).encode()
        return self.ask(who, "POST", path, body, Content_Type="application/json", **headers)

    def get(self, who: str, path: str) -> Answer:
        """Asked again until there is an answer."""
        self.sign_in(who)
        return self.again(lambda: self.ask(who, "GET", path))

    def again(self, work: Any) -> Answer:
        """Tries until somebody answers; for what may be asked twice."""
        until, wait = time.monotonic() + PATIENCE, 0.1
        while True:
            try:
                found: Answer = work()
            except Lost:
                if time.monotonic() > until:
                    raise
                time.sleep(wait)
                wait = min(wait * 1.5, 2.0)
            else:
                return found

    def sign_in(self, who: str) -> None:
        with self._signing:
            if who in self._cookies:
                return
            form = urlencode({"username": who, "password": PASSWORD}).encode()
            kind = "application/x-www-form-urlencoded"
            answer = self.again(lambda: self.ask(who, "POST", "/sign-in/", form, Content_Type=kind))
            assert answer.status == 302, (who, answer.status, answer.body[:300])
            session = next(one for one in answer.cookies if "session=" in one).split(";")[0]
            self._cookies[who] = f"csrftoken={CSRF}; {session}"
