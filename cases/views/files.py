"""Files of cases and of contributions: handed out, and changed with a refusal told."""

from collections.abc import Callable

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest

from agencies.models import User
from cases import attachments
from cases.errors import BadChange
from cases.forms import word_change
from cases.models import Attachment


def download(found: Attachment, reader: User, name: str) -> FileResponse:
    """The file under the name its reader may see; 404 where only its row is left."""
    try:
        body = attachments.opened(found, reader)
    except FileNotFoundError:
        # A restored database without its files: the row says what is missing.
        raise Http404 from None
    return FileResponse(body, as_attachment=True, filename=name, content_type=found.media_type)


def tell_refusal(request: HttpRequest, change: Callable[[], object]) -> None:
    """Make a change of files; what is refused is told on the page that comes next."""
    try:
        change()
    except BadChange as error:
        messages.error(request, word_change(error.code))
