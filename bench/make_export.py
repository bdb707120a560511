"""Write an invented export: `python -m bench.make_export ROWS FILE.xlsx|FILE.csv [--plain]`.

In the 47-column layout, or with `--plain` in thirteen plain columns without replies. Seeded: the
same arguments give the same rows. Nobody in it exists.
"""

import argparse
import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

from intake.fields import EXPORT_FIELDS

HEADERS = [field.headers[0] for field in EXPORT_FIELDS]
PLAIN_HEADERS = (
    *("id", "datetime", "source", "url", "author_id", "author_name", "text", "territory"),
    *("address", "lat", "lon", "topic", "agency_kind"),
)
_PLACES = [
    ("Заречск г.о.", "Заречск"),
    ("Светлоярский г.о.", "Светлый Яр"),
    ("Каменский район", "Каменка"),
    ("Верхнелугский район", "Верхний Луг"),
    ("Озёрный район", ""),
]
_TOPICS = [
    ("Дороги", "Ямы и выбоины на дорогах"),
    ("ЖКХ", "Отопление: нет или слабое"),
    ("ЖКХ", "Нет холодной или горячей воды"),
    ("Благоустройство", "Уборка дворов от снега"),
    ("Образование", "Места в детских садах"),
    ("Общественный транспорт", "Соблюдение графика"),
    ("Обращение с отходами", "Вывоз мусора"),
]
_STREETS = ["Садовая улица", "Школьная улица", "проспект Труда", "Луговой переулок", ""]
_WHAT = [
    "не горят фонари", "на дороге яма", "не вывозят мусор", "холодные батареи", "нет воды",
    "автобус не пришёл", "течёт крыша", "скользко, не посыпано", "сломаны качели", "лает свора",
]  # fmt: skip
_ASK = [
    "Когда исправят?", "Сколько можно ждать?", "Прошу принять меры.", "Кто отвечает?",
    "Пишу третий раз.", "Дети ходят в темноте.", "Фото приложила.", "Соседи тоже жалуются.",
]  # fmt: skip
_DID = [
    "мастер осмотрел место", "бригада выехала", "заявку передали в управляющую компанию",
    "работы включили в план", "неисправность устранили", "подрядчику выдали предписание",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """What the rows name: (municipality, settlement), (group, topic), agencies; ids from `first`.

    Without agencies each row names the administration of its municipality.
    """

    places: Sequence[tuple[str, str]] = tuple(_PLACES)
    topics: Sequence[tuple[str, str]] = tuple(_TOPICS)
    agencies: Sequence[str] = ()
    first: int = 0


INVENTED = World()


def rows(count: int, seed: int = 1, world: World = INVENTED) -> Iterator[list[object]]:
    """Rows in the order of HEADERS; moments as text, durations as timedelta, ids as int."""
    rng = random.Random(seed)
    start = datetime(2026, 1, 5, 8, 0)  # noqa: DTZ001  the export has no zone
    for index in range(world.first, world.first + count):
        row = _row(rng, index, start, world)
        yield [row.get(field.name, "") for field in EXPORT_FIELDS]


def plain_rows(count: int, seed: int = 1, world: World = INVENTED) -> Iterator[list[object]]:
    """Rows in the order of PLAIN_HEADERS: new messages, nothing of their history."""
    rng = random.Random(seed)
    start = datetime(2026, 1, 5, 8, 0)  # noqa: DTZ001  as a journal has it
    for index in range(world.first, world.first + count):
        row = _row(rng, index, start, world)
        author = str(row["author_url"]).rpartition("/")[2]
        name = rng.choice(("Анна Котова", "Олег Сомов", "Ирина", ""))
        address = f"{row['street'] or 'Луговой переулок'}, {rng.randrange(1, 120)}"
        lat, lon = round(rng.uniform(50, 60), 5), round(rng.uniform(30, 60), 5)
        text = str(row["text"]).removeprefix("'")
        yield [
            *(f"m{row['external_id']}", row["posted_at"], "vk", row["url"], author, name, text),
            *(row["territory"], address, lat, lon, row["topic"], "администрация"),
        ]


def _row(rng: random.Random, index: int, start: datetime, world: World) -> dict[str, object]:
    posted = start + timedelta(seconds=rng.randrange(180 * 86400))
    territory, settlement = rng.choice(world.places)
    group, topic = rng.choice(world.topics)
    street, house = rng.choice(_STREETS), rng.randrange(1, 120)
    text = " ".join(
        f"{rng.choice(_STREETS) or 'Двор'} {rng.randrange(1, 99)}: {rng.choice(_WHAT)}, "
        f"уже {rng.randrange(2, 30)} дней. {rng.choice(_ASK)}"
        for _ in range(rng.randrange(1, 5))
    )
    club, author = rng.randrange(10**9, 10**10), rng.randrange(10**9, 10**10)
    network = rng.choices(("vk", "ok", "telegram"), (7, 2, 1))[0]
    blog = {
        "vk": f"http://vk.com/club{club}",
        "ok": f"http://ok.ru/group/{club}",
        "telegram": f"https://telegram.me/zarechnaya_{club % 90}",
    }[network]
    post = {
        "vk": f"http://vk.com/wall-{club}_{index}?reply={index + 7}",
        "ok": f"{blog}/topic/{index}",
        "telegram": f"{blog}/{index}",
    }[network]
    profile = {"vk": "http://vk.com/id", "ok": "http://ok.ru/profile/"}.get(network)
    row: dict[str, object] = {
        "cabinet": "Заречная область",
        "external_id": 41_000_000 + 7 * index,
        "incident_number": 800_000 + index,
        "agency": rng.choice(world.agencies) if world.agencies else f"Администрация {territory}",
        "executor": rng.choice(("Управление дорог", "Департамент городского хозяйства", "")),
        "assigned_at": str(posted + timedelta(minutes=rng.randrange(5, 600))),
        "in_time": "-",
        "step": "В работе",
        "posted_at": str(posted),
        "topic_group": group,
        "topic": topic,
        "region": "Заречная область",
        "territory": territory,
        "settlement": settlement,
        "street": street,
        "house": house if street and rng.random() < 0.3 else "",
        "kind": rng.choice(("Решаемый", "Решаемый", "Информационный")),
        "reply_has_media": "Нет",
        "message_has_media": rng.choice(("Да", "Нет")),
        "url": post,
        "blog_url": blog,
        "text": f"'{text}",
        "reply_1": "'",
        "reply_2": "'",
        "reply_3": "'",
        "audience": rng.randrange(90_000),
        "author_url": f"{profile}{author}" if profile else "",
        "survey_sent": "Нет",
    }
    if rng.random() < 0.85:
        row.update(_answered(rng, posted, author))
    return row


def _answered(rng: random.Random, posted: datetime, author: int) -> dict[str, object]:
    took = timedelta(minutes=rng.randrange(20, 1500))
    approval = timedelta(minutes=rng.randrange(1, 60))
    sent = posted + took
    reply = (
        f"'[id{author}|Житель], здравствуйте! {rng.randrange(1, 29)} марта "
        f"{rng.choice(_DID)}, {rng.choice(_DID)}. Ответственный — мастер участка № "
        f"{rng.randrange(1, 40)}. Срок — до {rng.randrange(1, 29)} апреля."
    )
    done = sent + timedelta(hours=97)
    return {
        "first_reply_at": str(sent),
        "first_reply_text": reply,
        "first_reply_elapsed": took,
        "executor_reply_at": str(sent),
        "first_reaction": took / 2,
        "in_time": rng.choice(("Да", "Нет")),
        "total_elapsed": done - posted,
        "approval_sent_at": str(sent - approval),
        "approval_elapsed": approval,
        "step": "Готово",
        "finished_at": str(done),
        "outcome": rng.choice(("Разъяснено", "Решено", "Отложено", "Не решено")),
        "reply_1": reply,
        "reply_2": "'Добавляем: работы закончены." if rng.random() < 0.1 else "'",
        "close_reason": rng.choice(("Нет ответа от автора", "Автор доволен", "5")),
        "satisfaction_at": str(sent),
    }


def write_xlsx(path: Path, lines: Iterator[list[object]], headers: Sequence[str]) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_urls": False}) as book:
        span = book.add_format({"num_format": "[hh]:mm:ss"})
        sheet = book.add_worksheet("Лист1")
        sheet.write_row(0, 0, headers)
        for number, cells in enumerate(lines, 1):
            for column, cell in enumerate(cells):
                if isinstance(cell, timedelta):
                    sheet.write_number(number, column, cell.total_seconds() / 86400, span)
                elif isinstance(cell, (int, float)):
                    sheet.write_number(number, column, cell)
                elif cell != "":
                    sheet.write_string(number, column, str(cell))


def write_csv(path: Path, lines: Iterator[list[object]], headers: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(headers)
        writer.writerows(lines)


def write(
    path: Path, count: int, *, seed: int = 1, plain: bool = False, world: World = INVENTED
) -> None:
    made = (plain_rows if plain else rows)(count, seed, world)
    headers = PLAIN_HEADERS if plain else HEADERS
    (write_xlsx if path.suffix == ".xlsx" else write_csv)(path, made, headers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true")
    args = parser.parse_args()
    write(args.file, args.rows, seed=args.seed, plain=args.plain)


if __name__ == "__main__":
    main()
