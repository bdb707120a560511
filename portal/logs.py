"""What the log is told; read before anything of Django is ready."""

import logging


class Refusals(logging.Filter):
    """A refused request is one line of the log: it was meant, where it was refused says nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 0) < 500:
            record.exc_info = None
        return True
