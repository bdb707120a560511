"""Import batches, saved column mappings and the quarantine."""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.models import Case


class ColumnMapping(models.Model):
    """Which header means which field, saved by a person for a layout that is not known."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    columns = models.JSONField(_("columns"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")

    def __str__(self) -> str:
        return self.name


class ImportBatch(models.Model):
    """One file brought in; it can be undone while nobody worked on what it made."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        PREVIEWED = "previewed", _("previewed")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    file_name = models.CharField(_("file"), max_length=300)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    mapping = models.JSONField(default=dict)
    headers = models.JSONField(default=list)  # of the raw cells kept with each message
    preview = models.JSONField(default=dict)  # what a look at the whole file found
    zone = models.CharField(max_length=40, blank=True)  # of its moments; else by municipality
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_before = models.PositiveIntegerField(default=0)  # done by earlier runs of the batch
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    quarantined = models.PositiveIntegerField(_("in quarantine"), default=0)
    problems = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True)
    error_params = models.JSONField(default=dict)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)  # the run, not the upload
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_reason = models.CharField(max_length=300, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    undone_result = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name

    @cached_property
    def header_row(self) -> tuple[str, ...]:
        return tuple(self.headers)


class QuarantinedRow(models.Model):
    """A row that could not be taken as it is: an operator mends and accepts it, or drops it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        DROPPED = "dropped", _("dropped")

    batch = models.ForeignKey(
        ImportBatch, models.CASCADE, related_name="quarantine", verbose_name=_("import batch")
    )
    line = models.PositiveIntegerField(_("row"))
    cells = models.JSONField()
    digest = models.CharField(max_length=32, default="", db_index=True)  # of the cells as they came
    problems = models.JSONField()
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    case = models.ForeignKey(Case, models.SET_NULL, null=True, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("row in quarantine")
        verbose_name_plural = _("rows in quarantine")
        constraints = [models.UniqueConstraint("batch", "line", name="quarantined_line_once")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"


class ImportedRow(models.Model):
    """What a batch found changed in a case that was here before: an undo puts it back.

    Cases a batch made have none: their messages name the batch.
    """

    class Change(models.TextChoices):
        UPDATED = "updated", _("updated")
        CONFLICT = "conflict", _("conflict")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    case = models.ForeignKey(Case, models.CASCADE, related_name="imports", db_index=False)
    line = models.PositiveIntegerField()
    change = models.CharField(max_length=8, choices=Change)
    before = models.JSONField(default=dict)  # old values of what an update changed
    case_version = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index("case", "batch", name="imported_case")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"


class AgencyName(models.Model):
    """What files call an agency; an operator says once which of ours it is."""

    key = models.CharField(max_length=200, unique=True)  # places.plain_name of the name
    name = models.CharField(_("name in files"), max_length=200)
    agency = models.ForeignKey(
        Agency, models.CASCADE, null=True, related_name="+", verbose_name=_("agency")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("name of an agency in files")
        verbose_name_plural = _("names of agencies in files")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AwaitingAgency(models.Model):
    """A finished case of «Ведомство не определено», under the name its file gave."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")
    name = models.ForeignKey(AgencyName, models.PROTECT, related_name="awaiting")

    def __str__(self) -> str:
        return f"{self.case_id}: {self.name_id}"


class CaseExport(models.Model):
    """A table of cases asked for by a person: what was chosen, how far it is, who took it.

    The row outlives its file: it says who carried off citizens' data, when and why.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel workbook (xlsx)")
        CSV = "csv", _("Table of text (csv)")

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    created_at = models.DateTimeField(_("asked"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    view = models.CharField(max_length=20, default="all")  # which list: export.making.VIEWS
    conditions = models.JSONField(_("conditions"), default=dict)  # of cases.filters.CaseFilter
    table = models.CharField(_("columns"), max_length=20, default="incident")
    file_format = models.CharField(_("format"), max_length=4, choices=Format)
    with_contacts = models.BooleanField(_("with contacts"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(default=0)
    cells_cut = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    # What the person might see when the file was made: {"cases": [ids] | null, "contacts": …}.
    scope = models.JSONField(default=dict)
    error = models.CharField(max_length=40, blank=True)
    finished_at = models.DateTimeField(_("made"), null=True)

    class Meta:
        verbose_name = _("export of cases")
        verbose_name_plural = _("exports of cases")
        indexes = [models.Index("created_by", "id", name="export_of_person")]
        constraints = [
            models.CheckConstraint(
                name="export_contacts_have_reason",
                condition=models.Q(with_contacts=False) | ~models.Q(reason=""),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
