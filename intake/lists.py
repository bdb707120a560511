"""Words of other systems for steps, kinds, outcomes and regimes -> codes of the case model."""

STEPS: dict[str, str] = {
    **dict.fromkeys(("новый", "новое", "новая", "создан", "создано", "new"), "received"),
    **dict.fromkeys(("на модерации", "модерация", "moderation"), "moderation"),
    **dict.fromkeys(("назначено", "назначен", "назначен исполнитель", "routed"), "routed"),
    **dict.fromkeys(
        ("в работе", "на исполнении", "исполнение", "принято в работу", "in work", "in_work"),
        "in_work",
    ),
    **dict.fromkeys(
        ("на согласовании", "согласование", "на утверждении", "утверждение", "approval"),
        "approval",
    ),
    **dict.fromkeys(("на доработке", "доработка", "rework"), "rework"),
    **dict.fromkeys(("спор о компетенции", "перенаправление"), "redirect_asked"),
    **dict.fromkeys(("промежуточный ответ", "дан промежуточный ответ", "interim"), "interim"),
    **dict.fromkeys(("запланировано", "отложено", "planned"), "planned"),
    **dict.fromkeys(
        ("оценка удовлетворенности", "ответ дан", "отвечено", "дан ответ", "answered"),
        "answered",
    ),
    **dict.fromkeys(("возобновлено", "повторно открыто", "reopened"), "reopened"),
    **dict.fromkeys(
        ("готово", "закрыто", "закрыт", "завершено", "выполнено", "решено", "closed", "done"),
        "closed",
    ),
    **dict.fromkeys(("отклонено", "отклонен", "отказано", "rejected"), "rejected"),
    **dict.fromkeys(("объединено", "объединен", "merged"), "merged"),
}
KINDS: dict[str, str] = {
    **dict.fromkeys(("решаемый", "решаемая", "решаемое", "solvable"), "solvable"),
    **dict.fromkeys(
        ("не решаемый", "нерешаемый", "не решаемая", "нерешаемая", "unsolvable"), "unsolvable"
    ),
    **dict.fromkeys(
        ("информационный", "информационная", "информационное", "informational"), "informational"
    ),
}
OUTCOMES: dict[str, str] = {
    **dict.fromkeys(("решено", "решен", "выполнено", "поддержано", "меры приняты"), "solved"),
    **dict.fromkeys(("разъяснено", "дано разъяснение", "даны разъяснения"), "explained"),
    **dict.fromkeys(("отложено", "запланировано"), "postponed"),
    **dict.fromkeys(("не решено", "не решен", "отказано", "не поддержано"), "not_solved"),
    **{code: code for code in ("solved", "explained", "postponed", "not_solved")},
}
REGIMES: dict[str, str] = {
    **dict.fromkeys(("соцсети", "социальные сети", "соцсеть", "social"), "social"),
    **dict.fromkeys(("пос", "платформа обратной связи", "госуслуги", "pos"), "pos"),
    **dict.fromkeys(("59-фз", "59 фз", "фз-59", "обращение граждан", "law59"), "law59"),
    **dict.fromkeys(("региональный портал", "портал", "portal"), "portal"),
    **dict.fromkeys(("горячая линия", "122", "звонок", "hotline"), "hotline"),
    **dict.fromkeys(("внутреннее", "внутренний", "поручение", "internal"), "internal"),
}
