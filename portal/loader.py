"""Where templates come from: Django's cached loader, the portal's own made quick."""

from threading import RLock
from typing import Any

from django.conf import settings
from django.template import Template
from django.template.loaders import cached

from portal.compiling import compile_template

_LOCK = RLock()


class Loader(cached.Loader):
    """Django's cached loader; the portal's own templates are compiled when loaded."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template: Template = super().get_template(template_name, skip)
        if not hasattr(template, "is_own"):
            with _LOCK:
                if not hasattr(template, "is_own"):
                    own = str(template.origin.name).startswith(f"{settings.BASE_DIR}/templates/")
                    if own and not template.engine.debug:  # error pages show Django's nodes
                        compile_template(template)
                    template.is_own = own
        return template
