"""Who may sign in: demo accounts, whose password is printed, only where DEMO is switched on."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from agencies import people
from agencies.models import User


class AccountBackend(ModelBackend):
    """Django's own, which reads the person with his agency: every page shows both (one query)."""

    def user_can_authenticate(self, user: Any) -> bool:
        if user.is_demo and not settings.DEMO:
            return False
        return super().user_can_authenticate(user)

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("agency").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


class AccountTokenAuthentication(TokenAuthentication):
    """DRF's own, which reads the person with his roles (one query)."""

    def authenticate_credentials(self, key: str) -> Any:
        user = people.by_token(key)
        if user is None:
            raise AuthenticationFailed(_("Invalid token."))
        if not AccountBackend().user_can_authenticate(user):
            raise AuthenticationFailed(_("User inactive or deleted."))
        return user, key
