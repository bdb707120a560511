"""Who may sign in: demo accounts, whose password is printed, only where DEMO is switched on."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

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
    def authenticate_credentials(self, key: str) -> Any:
        user, token = super().authenticate_credentials(key)
        if user.is_demo and not settings.DEMO:
            raise AuthenticationFailed
        return user, token
