"""What people keep of their lists: saved views, and the one their work begins with."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency


class SavedView(models.Model):
    """Conditions of a list under a name. It holds no cases: each reader sees his own by it.

    `agency`: its people see the view as well.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    agency = models.ForeignKey(Agency, models.CASCADE, null=True, related_name="+")
    list_name = models.CharField(max_length=20)  # cases.lists.LISTS
    name = models.CharField(_("name"), max_length=60)
    conditions = models.JSONField(default=dict)  # as in the address of the list
    position = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint("owner", "name", name="saved_view_once")]

    def __str__(self) -> str:
        return self.name


class FirstView(models.Model):
    """The view a person's work begins with, his own or a shared one."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.person_id}: {self.view_id}"
