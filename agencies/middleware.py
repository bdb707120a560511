"""The person of a request: he comes with his session, so that nothing more is asked for him."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from agencies.backends import AccountBackend
from agencies.models import User

_BACKEND = f"{AccountBackend.__module__}.{AccountBackend.__qualname__}"


class PersonMiddleware(AuthenticationMiddleware):
    """Django's own, with the person at hand instead of a lazy object.

    Without a session cookie there is nobody to ask the database about.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            request.user = person_of(request)


def person_of(request: HttpRequest) -> User | AnonymousUser:
    """The person of the session, after every question Django's own way asks.

    Anything unusual (a rotated SECRET_KEY, another backend, a stale password) is left to it.
    """
    session = request.session
    named = session.get(auth.SESSION_KEY)
    person: User | None = session.person
    if (
        person is not None
        and named == str(person.pk)
        and session.get(auth.BACKEND_SESSION_KEY) == _BACKEND
        and AccountBackend().user_can_authenticate(person)
        and constant_time_compare(
            session.get(auth.HASH_SESSION_KEY, ""), person.get_session_auth_hash()
        )
    ):
        return person
    return auth.get_user(request)
