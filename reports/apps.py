"""What the work amounts to: facts of cases, counters kept in step, metrics, dashboards, reports."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from cases import enclosures  # noqa: PLC0415  models are there only now
        from reports import schedules  # noqa: PLC0415

        enclosures.register(schedules.NEWS, schedules.enclose)
