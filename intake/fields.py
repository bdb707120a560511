"""The columns we understand: one name of ours, the headers it goes by in files.

The first header of a field of the 47-column export is the one that export writes. Headers are
compared after `columns.normal`: lower case, ё as е, punctuation as a blank.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "name", "id", "moment", "duration", "number", "flag", "url", "value"]


@dataclass(frozen=True, slots=True)
class Field:
    """`limit` is the longest value kept, in characters (the database's own limits)."""

    name: str
    kind: Kind
    headers: tuple[str, ...]
    limit: int = 200
    in_export: bool = True


def _f(name: str, kind: Kind, *headers: str, limit: int = 200) -> Field:
    return Field(name, kind, headers, limit)


def _plain(name: str, kind: Kind, *headers: str, limit: int = 200) -> Field:
    return Field(name, kind, headers, limit, in_export=False)


MAX_TEXT = 50_000  # of a message or a reply; the longest network post is 16,384

FIELDS: tuple[Field, ...] = (
    _f("cabinet", "name", "Кабинет", "cabinet", "Название кабинета"),
    _f(
        *("external_id", "id", "ID", "ИД", "id сообщения", "id инцидента", "message id"),
        *("external id", "идентификатор", "код сообщения", "номер сообщения", "номер обращения"),
        *(
            "номер заявки",
            "регистрационный номер",
            "рег номер",
            "номер",
            "uid",
            "post id",
            "comment id",
        ),
        *("№ обращения", "№ сообщения", "request id", "case id", "ticket id"),
    ),
    _f(
        *("incident_number", "id", "Номер инцидента", "№ инцидента", "incident number"),
        "инцидент номер",
    ),
    _f(
        *("agency", "name", "Отдел", "ведомство", "организация", "орган", "agency"),
        *("agency name", "ответственное ведомство", "исполнительный орган", "department"),
        "ответственный орган",
    ),
    _f(
        *("executor", "name", "Исполнитель", "executor", "подразделение", "unit"),
        *("последний исполнитель", "ответственный исполнитель"),
    ),
    _f(
        *("first_reply_at", "moment", "Общее время первого ответа", "время первого ответа"),
        *("дата первого ответа", "дата ответа", "время ответа", "reply at", "replied at"),
        *("answered at", "дата и время ответа"),
    ),
    _f(
        *("first_reply_text", "text", "Общий текст первого ответа", "текст первого ответа"),
        limit=MAX_TEXT,
    ),
    _f(
        *("first_reply_elapsed", "duration"),
        "Время с даты создания инцидента до времени первого ответа",
        *("время с даты создания до первого ответа", "время с даты создания до времени ответа"),
        "время от создания до первого ответа",
    ),
    _f(
        *("first_reply_working", "duration"),
        "Время с даты создания инцидента до времени первого ответа, рабочее время",
        "время с даты создания до первого ответа, рабочее время",
        "время от создания до первого ответа, рабочее время",
    ),
    _f(
        *("assigned_at", "moment", "Время назначения последнего исполнителя", "assigned at"),
        *("дата назначения", "время назначения", "дата назначения исполнителя"),
        "время назначения пи",
    ),
    _f(
        *("executor_reply_at", "moment", "Время 1го ответа ПИ", "время первого ответа пи"),
        *("время 1 ответа пи", "время 1 го ответа пи", "время ответа пи"),
    ),
    _f(
        *("first_reaction", "duration", "Первая реакция с момента назн. ПИ"),
        *("первая реакция с момента назначения пи", "первая реакция пи"),
        "первая реакция с момента назначения последнего исполнителя",
    ),
    _f(
        *("in_time", "flag", "Уложились или нет после назн. ПИ", "уложились в срок", "in time"),
        *("уложились или нет после назначения пи", "уложились или нет", "в срок"),
    ),
    _f(
        *("total_elapsed", "duration", "Время с начала создания инцидента до окончания"),
        *("время с создания до окончания", "время от создания до окончания"),
        "время с даты создания инцидента до окончания",
    ),
    _f(
        *("approval_sent_at", "moment", "Время отправки первого ответа ПИ на согласование"),
        *("время отправки ответа на согласование", "дата отправки на согласование"),
        "время отправки на согласование",
    ),
    _f(
        *("approval_elapsed", "duration"),
        "Время, которое первый ответ ПИ находился на согласовании",
        *("время на согласовании", "время ответа на согласовании"),
    ),
    _f(
        *("step", "value", "Текущий шаг инцидента", "текущий шаг", "шаг", "статус", "status"),
        *("состояние", "этап", "state", "step", "статус обращения", "статус инцидента"),
    ),
    _f(
        *("posted_at", "moment", "Дата создания", "datetime", "date time", "date", "дата"),
        *("дата и время", "дата время", "created at", "created", "posted at", "timestamp"),
        *("дата регистрации", "дата публикации", "дата поступления", "дата сообщения"),
        *("дата обращения", "дата создания инцидента", "время создания", "published at"),
        *("дата и время создания", "requested datetime", "дата звонка", "дата создания поста"),
    ),
    _f(
        *("finished_at", "moment", "Дата окончания", "дата закрытия", "дата завершения"),
        *("closed at", "finished at", "дата окончания инцидента", "время окончания"),
    ),
    _f(
        *("topic_group", "name", "Группа тем", "категория", "topic group", "category"),
        *("группа темы", "раздел", "тематическая группа"),
    ),
    _f(
        *("topic", "name", "Тема", "topic", "подкатегория", "тематика", "subcategory"),
        *("тема обращения", "тема инцидента", "тема сообщения", "service name"),
    ),
    _f("region", "name", "Регион", "region", "субъект", "субъект рф"),
    _f(
        *("territory", "name", "Муниципалитет", "territory", "муниципальное образование"),
        *("район", "округ", "городской округ", "municipality", "территория", "мо", "district"),
        "муниципальный округ",
    ),
    _f(
        *("settlement", "name", "Населенный пункт", "settlement", "город", "нас пункт", "city"),
        *("нп", "село", "поселок"),
    ),
    _f("street", "name", "Улица", "street"),
    _f("house", "value", "Дом", "house", "номер дома", "№ дома", "building"),
    _f("object_old", "name", "Объект старый", "старый объект"),
    _f("object", "name", "Объект", "object", "место", "название объекта"),
    _f(
        *("kind", "value", "Тип инцидента", "тип обращения", "тип сообщения", "case kind"),
        *("вид инцидента", "тип", "kind"),
    ),
    _f(
        *("outcome", "value", "Итог", "outcome", "результат", "итог рассмотрения", "решение"),
        "результат рассмотрения",
    ),
    _f(
        *("reply_has_media", "flag", "Есть медиафайл в ответе", "медиафайл в ответе"),
        *("медиа в ответе", "фото в ответе"),
    ),
    _f(
        *("message_has_media", "flag", "Есть медиафайл в сообщении", "медиафайл в сообщении"),
        *("медиа в сообщении", "фото в сообщении", "has media", "вложения", "есть медиафайл"),
    ),
    _f(
        *("url", "url", "Урл поста", "url", "url поста", "ссылка", "ссылка на пост", "link"),
        *("адрес поста", "ссылка на сообщение", "post url", "источник ссылка", "урл"),
        *("permalink", "адрес сообщения", "ссылка на источник"),
        limit=500,
    ),
    _f(
        *("blog_url", "url", "Урл блога", "url блога", "ссылка на блог", "ссылка на сообщество"),
        *("blog url", "адрес блога", "url сообщества"),
        limit=500,
    ),
    _f(
        *("text", "text", "Текст инцидента", "text", "текст", "текст сообщения", "сообщение"),
        *("текст обращения", "обращение", "message", "суть", "суть обращения", "body"),
        *("содержание", "описание", "description", "описание проблемы", "комментарий жителя"),
        *("текст поста", "вопрос", "текст жалобы"),
        limit=MAX_TEXT,
    ),
    _f(
        *("reply_1", "text", "1ый ответ ПИ", "1 ответ пи", "первый ответ пи", "1й ответ пи"),
        *("1 ый ответ пи", "reply", "ответ", "текст ответа", "reply text", "reply 1", "ответ 1"),
        *("первый ответ", "1 й ответ пи", "answer"),
        limit=MAX_TEXT,
    ),
    _f(
        *("reply_2", "text", "2ой ответ ПИ", "2 ответ пи", "второй ответ пи", "2й ответ пи"),
        *("2 ой ответ пи", "reply 2", "ответ 2", "второй ответ", "2 й ответ пи"),
        limit=MAX_TEXT,
    ),
    _f(
        *("reply_3", "text", "3ий ответ ПИ", "3 ответ пи", "третий ответ пи", "3й ответ пи"),
        *("3 ий ответ пи", "reply 3", "ответ 3", "третий ответ", "3 й ответ пи"),
        limit=MAX_TEXT,
    ),
    _f("close_reason", "value", "Причина закрытия", "close reason", "основание закрытия"),
    _f("audience", "number", "Аудитория", "audience", "охват", "подписчики", "просмотры"),
    _f("engagement", "number", "Вовлеченность", "engagement", "вовлечение"),
    _f(
        *("author_url", "url", "URL автора", "ссылка на автора", "урл автора", "author url"),
        *("профиль автора", "адрес автора в сети", "profile url", "ссылка на профиль"),
        limit=500,
    ),
    _f(
        *("account", "url", "Аккаунт публикации ответа", "аккаунт ответа", "account"),
        "аккаунт публикации",
        limit=500,
    ),
    _f("tags", "name", "Теги", "tags", "метки", limit=500),
    _f("note", "name", "Примечание", "note", "комментарий", "примечания", "comment", limit=2000),
    _f(
        *("satisfaction_at", "moment", "Время попадания на шаг оценка удовлетворенности"),
        "время попадания на шаг оценки удовлетворенности",
    ),
    _f("survey_sent", "flag", "Опрос отправлен", "опрос", "survey sent"),
    # Not in the export, seen in plain files, hotline journals and the feedback platform.
    _plain("posted_time", "value", "время", "time", "время звонка", "время поступления"),
    _plain(
        *("source", "value", "source", "источник", "канал", "channel", "соцсеть", "площадка"),
        *("социальная сеть", "источник сообщения", "канал поступления", "способ подачи"),
    ),
    _plain(
        *("author_id", "id", "author id", "id автора", "автор id", "user id", "ид автора"),
        *("id пользователя", "логин", "author handle", "ник"),
    ),
    _plain(
        *("author_name", "name", "author name", "автор", "имя автора", "заявитель", "фио"),
        *("author", "автор имя", "имя", "фио заявителя", "user name", "автор фио", "ф и о"),
    ),
    _plain(
        *("author_phone", "value", "phone", "телефон", "номер телефона", "контактный телефон"),
        *("телефон автора", "телефон заявителя", "author phone", "автор телефон"),
        limit=60,
    ),
    _plain(
        *("address", "name", "address", "адрес", "адрес проблемы", "адрес объекта"),
        *("место события", "location", "адрес происшествия", "адрес обращения"),
        limit=300,
    ),
    _plain("lat", "value", "lat", "latitude", "широта"),
    _plain("lon", "value", "lon", "lng", "long", "longitude", "долгота"),
    _plain("coordinates", "value", "координаты", "coordinates", "geo", "геоточка", "координата"),
    _plain(
        *("agency_kind", "value", "agency kind", "тип ведомства", "вид ведомства"),
        *("тип организации", "тип органа"),
    ),
    _plain(
        *("regime", "value", "режим", "режим рассмотрения", "порядок рассмотрения", "regime"),
        *("вид обращения", "тип рассмотрения"),
    ),
    _plain(
        *("fast_track", "flag", "фаст трек", "ускоренный порядок", "fast track", "ускоренно"),
        "срочный порядок",
    ),
    _plain(
        *("incoming_number", "value", "входящий номер", "вх номер", "вх №", "incoming number"),
        *("номер регистрации", "номер в журнале"),
        limit=40,
    ),
    _plain(
        *("appeal_registered_at", "moment", "дата регистрации обращения", "зарегистрировано"),
        *("дата регистрации в журнале", "registered at"),
    ),
    _plain("migration", "flag", "миграция", "миграционное законодательство", "migration"),
    _plain("mark", "number", "оценка", "mark", "rating", "балл", "оценка автора"),
)
BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
EXPORT_FIELDS = tuple(field for field in FIELDS if field.in_export)
# Headers nothing but the export has; three of them name the layout.
EXPORT_SIGNS = frozenset(
    {
        *("incident_number", "first_reply_text", "first_reply_elapsed", "assigned_at", "cabinet"),
        *("executor_reply_at", "first_reaction", "in_time", "approval_sent_at", "object_old"),
        *("approval_elapsed", "blog_url", "reply_has_media", "satisfaction_at", "survey_sent"),
    }
)
# Without these a table is not a list of messages.
NEEDED = ("text", "posted_at")
# One of these must tell messages apart, one must tell where they come from.
IDENTIFYING = ("external_id", "url", "incident_number")
SOURCING = ("source", "url", "blog_url", "author_url")
