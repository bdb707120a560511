"""New weights proposed from supervisors' verdicts, and rehearsals; nothing changes by itself."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cases.checking import thresholds
from cases.models import WeightProposal
from cases.verdicts import latest_verdicts, rehearse_threshold, rehearse_weights, replies_since
from quality import Model, Thresholds, default_model
from quality.calibrate import Proposal, TooFew, propose
from quality.fit import load_pairs

_MISSING = {
    "verdicts": "вердиктов",
    "brush_off": "вердиктов «отписка»",
    "good": "вердиктов «качественный»",
    "agencies": "ведомств с вердиктами",
}


class Command(BaseCommand):
    help = "Propose weights from stored verdicts, or rehearse a threshold or a proposal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from-verdicts", action="store_true")
        parser.add_argument("--since", type=date.fromisoformat, help="verdicts from that day")
        parser.add_argument("--rehearse-flag", type=float, help="a risk 0..1 to flag from")
        parser.add_argument("--rehearse-proposal", type=int, help="number of a proposal")
        parser.add_argument("--days", type=int, default=30, help="replies of so many days")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["from_verdicts"]:
            self._propose(options["since"])
        elif options["rehearse_flag"] is not None or options["rehearse_proposal"] is not None:
            self._rehearse(options)
        else:
            raise CommandError("Укажите --from-verdicts, --rehearse-flag или --rehearse-proposal")

    def _propose(self, since: date | None) -> None:
        moment = (
            timezone.make_aware(datetime.combine(since, time.min)) if since is not None else None
        )
        verdicts = list(latest_verdicts(moment))
        current = thresholds()[0].weights or default_model()
        version = f"v{timezone.localdate():%y%m%d}"
        try:
            found = propose(verdicts, load_pairs(), current, version)
        except TooFew as error:
            code, have, need = error.args
            raise CommandError(
                f"Мало {_MISSING[code]}: есть {have}, нужно не меньше {need}. Ничего не изменено."
            ) from error
        row = WeightProposal.objects.create(
            data=found.model.as_data(),
            before=found.before,
            after=found.after,
            verdicts=len(verdicts),
        )
        self._tell(found, len(verdicts))
        self.stdout.write(
            f"Предложение № {row.pk} записано. Действуют прежние веса, пока администратор "
            "не примет предложение в реестре «Предложенные веса»."
        )

    def _tell(self, found: Proposal, verdicts: int) -> None:
        self.stdout.write(f"Вердиктов: {verdicts}. Каждое ведомство оценено весами без него.")
        rows = (
            ("AUC к хорошим", "auc_brush_good", "value"),
            ("AUC к остальным", "auc_brush_rest", "value"),
            ("полнота", "recall", "share"),
            ("точность", "precision", "share"),
        )
        self.stdout.write(f"{'':24s} {'было':>8s} {'станет':>8s}")
        for title, name, part in rows:
            before, after = found.before[name][part], found.after[name][part]
            self.stdout.write(f"{title:24s} {_figure(before):>8s} {_figure(after):>8s}")
        before, after = found.before["calibration_error"], found.after["calibration_error"]
        self.stdout.write(f"{'ошибка калибровки':24s} {_figure(before):>8s} {_figure(after):>8s}")
        self.stdout.write(
            f"Пометок: +{len(found.newly_flagged)}, −{len(found.no_longer)} на этих ответах"
        )

    def _rehearse(self, options: dict[str, Any]) -> None:
        replies = replies_since(timezone.now() - timedelta(days=options["days"]))
        if options["rehearse_proposal"] is not None:
            row = WeightProposal.objects.filter(pk=options["rehearse_proposal"]).first()
            if row is None:
                raise CommandError("Такого предложения нет")
            limits = Thresholds(weights=Model.from_data(row.data))
            found = rehearse_weights(replies, limits)
        else:
            if not 0 <= options["rehearse_flag"] <= 1:
                raise CommandError("Порог — число от 0 до 1")
            found = rehearse_threshold(replies, options["rehearse_flag"])
        self.stdout.write(
            f"Ответов за {options['days']} дн.: {found.replies}; помечено {found.flagged}, "
            f"стало бы {found.rehearsed}: +{found.more} пометок, −{found.fewer}. "
            "Ничего не изменено."
        )


def _figure(value: float | None) -> str:
    return "—" if value is None or value != value else f"{value:.3f}"
