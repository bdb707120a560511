"""Only Python 3.11 or newer goes on. Written so that older ones can read it."""

import os
import subprocess
import sys


def require():
    if sys.version_info >= (3, 11):
        return
    for minor in range(20, 10, -1):
        name = "python3.%d" % minor  # noqa: UP031
        try:
            # A shim of a version manager may exist and yet refuse: ask it first.
            with open(os.devnull, "w") as nowhere:
                works = subprocess.call([name, "-c", ""], stdout=nowhere, stderr=nowhere) == 0
        except OSError:
            continue
        if works:
            os.execvp(name, [name] + sys.argv)  # noqa: RUF005
    sys.exit("Нужен Python 3.11 или новее; здесь %s." % sys.version.split()[0])  # noqa: UP031
