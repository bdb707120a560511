"""Prints the accounts of the demo region for the person who started it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from agencies.models import User
from cases.demo.load import PASSWORD

_SHOWN = (
    ("operator", "оператор ЦУР: разбор и маршруты"),
    ("coordinator", "координатор: споры о компетенции"),
    ("official-zhkh", "исполнитель министерства ЖКХ"),
    ("approver-zhkh", "согласующий министерства ЖКХ"),
    ("curator-zhkh", "куратор министерства ЖКХ"),
    ("supervisor", "супервайзер качества: проверка ответов"),
    ("head-office", "аппарат губернатора: личный контроль"),
    ("admin", "администратор: ведомства и люди, без текстов"),
    ("auditor", "аудитор: чтение и журнал"),
)


class Command(BaseCommand):
    help = "List the demo accounts."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            return
        known = set(User.objects.filter(is_demo=True).values_list("username", flat=True))
        for username, title in _SHOWN:
            if username in known:
                self.stdout.write(f"  {username:<15} {title}")
        if known:
            self.stdout.write(f"  пароль у всех: {PASSWORD}")
