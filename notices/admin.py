"""Letters to look at: whom they were for and what the mail server said; never what they say."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.admin_base import ListOnlyAdmin
from agencies.admin_confirm import with_reason
from notices.models import Letter


@admin.register(Letter)
class LetterAdmin(ListOnlyAdmin):
    region_wide = True
    list_display = ("created_at", "person", "digest", "state", "tries", "sent_at", "error")
    list_filter = ("state", "digest")
    list_select_related = ("person",)
    search_fields = ("person__username", "person__last_name")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("send_again",)

    @with_reason(
        gettext_lazy("Send again"),
        permissions=["view"],
        explained=gettext_lazy("Letters that left already are not sent twice."),
    )
    def send_again(self, request: HttpRequest, rows: Sequence[Letter]) -> None:
        """What was refused or given up gets all its tries anew; sent ones are left alone."""
        letters = Letter.objects.filter(pk__in=[row.pk for row in rows])
        count = letters.filter(state__in=[Letter.State.REFUSED, Letter.State.FAILED]).update(
            state=Letter.State.WAITING, tries=0, next_at=timezone.now()
        )
        self.message_user(request, _("Waiting again: %(count)s") % {"count": count})
