"""First start without a demo: the region, its agencies, people and first administrator."""

import getpass
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from agencies.access import held_roles
from agencies.models import Agency, User
from cases import reference_data
from cases.region import RegionError, load_region, load_topics
from cases.region_files import read_region


def _kinds(person: User) -> set[tuple[str, str]]:
    """(role, kind of the agency it is held on)."""
    kinds = dict(Agency.objects.values_list("code", "kind"))
    return {(role, kinds[code]) for role, code in held_roles(person)}


class Command(BaseCommand):
    help = "Create the region from a YAML or XLSX file, or by questions when no file is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--password-file", type=Path, help="the administrator's password")

    def handle(self, *args: Any, **options: Any) -> None:
        if Agency.objects.exists():
            raise CommandError("Область уже создана: дальше её ведут в разделе администрирования.")
        try:
            data = read_region(options["file"]) if options["file"] else self._ask()
        except RegionError as error:
            raise CommandError(str(error)) from None
        password = self._password(options["password_file"])
        try:
            with transaction.atomic():
                reference_data.load_all()
                if topics := data.get("topics"):
                    load_topics(topics)
                people = load_region(data)
                first = people.get(str(data.get("first_administrator")))
                if first is None:
                    raise RegionError("first_administrator: такой записи нет в people")
                # Without the role nobody could ever open the administration.
                if ("administrator", "region") not in _kinds(first):
                    raise RegionError(
                        f"first_administrator ({first.username}): нужна роль administrator"
                        " на ведомство вида region"
                    )
                first.set_password(password)
                first.save(update_fields=["password"])
        except RegionError as error:
            raise CommandError(f"{error}. Ничего не создано.") from None
        except ValidationError as error:
            raise CommandError(f"{'; '.join(error.messages)}. Ничего не создано.") from None
        self.stdout.write(
            f"Создано: ведомств {Agency.objects.count()}, людей {len(people)}."
            f" Первый администратор: {first.username}."
        )

    def _password(self, path: Path | None) -> str:
        """From a file, or asked twice; checked by the same rules as everywhere."""
        if path is not None:
            try:
                password = path.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise CommandError(str(error)) from None
        else:
            password = getpass.getpass("Пароль первого администратора: ")
            if password != getpass.getpass("Ещё раз: "):
                raise CommandError("Пароли не совпали.")
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        return password

    def _ask(self) -> dict[str, Any]:
        """The least that a region needs; agencies and people follow in the administration."""

        def answer(question: str, default: str = "") -> str:
            given = input(f"{question}{f' [{default}]' if default else ''}: ").strip()
            return given or default

        name = answer("Название области")
        zone = answer("Часовой пояс", "Europe/Moscow")
        surname = answer("Фамилия администратора")
        given_name = answer("Имя администратора")
        account = answer("Имя учётной записи", "admin")
        if not (name and surname and given_name):
            raise RegionError("Нужны название области, фамилия и имя администратора")
        day = [["09:00", "13:00"], ["14:00", "18:00"]]
        return {
            "region": {"code": "region", "name": name, "time_zone": zone},
            "calendars": [
                {"code": "standard", "name": "Пятидневка 9–18", "week": [day] * 5 + [[], []]}
            ],
            "agencies": [
                {"code": "region", "name": name, "kind": "region"},
                {
                    "code": "centre",
                    "name": "Центр управления регионом",
                    "short_name": "ЦУР",
                    "kind": "centre",
                    "parent": "region",
                },
            ],
            "people": [
                {
                    "username": account,
                    "surname": surname,
                    "name": given_name,
                    "agency": "centre",
                    "roles": [{"role": "administrator", "agency": "region"}],
                }
            ],
            "first_administrator": account,
        }
