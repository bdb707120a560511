"""Sessions in the database whose rows name their person (Django: extending session engines)."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from agencies import people
from agencies.models import Session, User


class SessionStore(db.SessionStore):
    # Read with the session; whether it may act for this session is the middleware's question.
    person: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        made: Session = super().create_model_instance(data)
        made.user_id = data.get(SESSION_KEY)
        return made

    def load(self) -> dict[str, Any]:
        found = people.by_session(self.session_key)
        if found is None:
            self._session_key = None
            return {}
        stored, self.person = found
        return self.decode(stored)
