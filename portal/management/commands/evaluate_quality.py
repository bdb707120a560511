"""Figures of the reply check on the labelled material: development and, when given, sealed."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quality import ablation, default_model
from quality.engine import RULES_VERSION
from quality.evaluate import cross_validated, report, sealed
from quality.fit import MATERIAL, MATERIALS, load_pairs

FIGURES = MATERIAL.parent.parent / "figures.json"


def _share(row: dict[str, Any]) -> str:
    if row["share"] is None:
        return "—"
    return f"{row['share']:.3f} [{row['low']:.3f}–{row['high']:.3f}] ({row['hits']}/{row['of']})"


def lines(title: str, figures: dict[str, Any]) -> list[str]:
    """The figures as a person reads them in a terminal."""
    pairs = figures["pairs"]
    return [
        f"== {title}: хороших {pairs['good']}, пограничных {pairs['borderline']}, "
        f"отписок {pairs['brush_off']}; правила {figures['rules']}",
        *(
            f"{name:32s} {row['value']:.3f} [{row['low']:.3f}–{row['high']:.3f}]"
            for name, row in (
                ("AUC отписки против хороших", figures["auc_brush_good"]),
                ("AUC отписки против остальных", figures["auc_brush_rest"]),
            )
        ),
        f"{'полнота':32s} {_share(figures['recall'])}",
        f"{'точность (без пограничных)':32s} {_share(figures['precision'])}",
        f"{'точность (все помеченные)':32s} {_share(figures['precision_all'])}",
        f"{'F1':32s} {figures['f1']:.3f}",
        f"{'точность при полноте 0,80 / 0,90':32s} "
        f"{figures['precision_at_recall_80']:.3f} / {figures['precision_at_recall_90']:.3f}",
        f"{'ошибка калибровки при доле 20 %':32s} {figures['calibration_error']:.3f}",
        f"{'вопросы: верно в сообщениях':32s} {_share(figures['questions'])}",
        "-- по видам трудных ответов: доля верных",
        *(f"{kind:32s} {_share(row)}" for kind, row in figures["hard_kinds"].items()),
        "-- по авторам: AUC, полнота, помечено хороших",
        *(
            f"{hand:32s} {row['auc_brush_good']:.3f}  {_share(row['recall'])}  "
            f"{_share(row['good_flagged'])}"
            for hand, row in figures["hands"].items()
        ),
        "-- по проверкам: сработала на отписках / пограничных / хороших",
        *(
            f"{code:32s} {row['brush_off']} / {row['borderline']} / {row['good']}"
            for code, row in figures["checks"].items()
        ),
    ]


def keep(figures: dict[str, Any]) -> None:
    """Beside what these rules scored before; what others scored is no figure of this release."""
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    own = kept if kept.get("rules") == RULES_VERSION else {}
    text = json.dumps({**own, "rules": RULES_VERSION, **figures}, ensure_ascii=False, indent=1)
    FIGURES.write_text(text + "\n", encoding="utf-8")


class Command(BaseCommand):
    help = "Evaluate the reply check on labelled pairs; development is cross-validated by writer."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sealed", type=Path, help="a file the weights were not fitted on")
        parser.add_argument("--material", type=Path, nargs="+", default=MATERIALS)
        parser.add_argument("--ablation", action="store_true", help="each check and group off")
        parser.add_argument("--baselines", action="store_true", help="simpler means, same pairs")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--write", action="store_true", help="keep the figures for the page")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pairs = load_pairs(*options["material"])
            figures: dict[str, Any] = {
                "on": f"{timezone.localdate():%Y-%m-%d}",
                "development": report(cross_validated(pairs)),
            }
            if options["sealed"]:
                figures["sealed"] = sealed(options["sealed"], default_model())[1]
        except OSError as error:
            raise CommandError(f"Файл не открыть: {error.filename}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"Файл не прочитать: {error}") from error
        if options["baselines"]:
            figures["baselines"] = [ablation.engine_row(pairs), *ablation.baselines(pairs)]
        if options["ablation"]:
            figures["groups_off"] = ablation.groups_off(pairs)
            figures["checks_off"] = ablation.checks_off(pairs)
        if options["write"]:
            keep(figures)
        if options["json"]:
            self.stdout.write(json.dumps(figures, ensure_ascii=False, indent=1))
            return
        for line in self._told(figures):
            self.stdout.write(line)

    def _told(self, figures: dict[str, Any]) -> list[str]:
        told = lines("разработка, авторы исключены по одному", figures["development"])
        if "sealed" in figures:
            told += lines("запечатанная часть", figures["sealed"])
        if "baselines" in figures:
            told.append("== простые средства на тех же парах: AUC к хорошим / ко всем")
            told += [
                f"{row['baseline']:32s} {row['auc_brush_good']:.3f} / {row['auc_brush_rest']:.3f}"
                for row in figures["baselines"]
            ]
        if "groups_off" in figures:
            told.append("== без группы признаков, остальные подобраны заново: AUC")
            told += [
                f"{row['without']:32s} {row['auc_brush_good']:.3f} / {row['auc_brush_rest']:.3f}"
                for row in figures["groups_off"]
            ]
            told.append("== без проверки: AUC, полнота, точность")
            told += [
                f"{row['without']:32s} {row['auc_brush_good']:.3f}  "
                f"{row['recall']:.3f}  {row['precision']:.3f}"
                for row in figures["checks_off"]
            ]
        return told
