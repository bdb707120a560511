"""The environment: a venv in the data folder with the pinned, hashed packages."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from _lib.checkout import fingerprint
from _lib.console import Console, Failure, run

UV_LOCK = Path(__file__).with_name("uv.txt")
_DROPPED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE")


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without another project's Python."""
    kept = {name: value for name, value in environ.items() if name not in _DROPPED}
    return kept | {"PYTHONUTF8": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_LINK_MODE": "copy"}


class Environment:
    """A virtual environment below `data`, brought to exactly what `lock` lists."""

    def __init__(self, data: Path, name: str, lock: Path) -> None:
        # A folder for each Python: two of them starting in turns do not undo each other's work.
        self.folder = data / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
        self.python = self.folder / "bin" / "python"
        self._data = data
        self._lock = lock
        self._marker = self.folder / "installed"
        self._env = clean_environment(os.environ)
        self._output = ""

    @property
    def site_packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    def fingerprint(self) -> str:
        return fingerprint([self._lock], self.folder.name)

    def is_current(self) -> bool:
        try:
            return self._marker.read_text("ascii") == self.fingerprint() and self._python_works()
        except OSError:
            return False

    def _python_works(self) -> bool:
        """False too when the Python it was made from is gone."""
        try:
            command = [self.python, "-I", "-c", ""]
            return not subprocess.run(command, capture_output=True, check=False).returncode
        except OSError:
            return False

    def install(self, console: Console) -> None:
        """Bring the environment up to date; nothing is done when it is."""
        if self.is_current():
            return
        with console.step("Устанавливаю пакеты (один раз)"):
            # A package half written by an interrupted installer looks installed to the next
            # one: what was not finished is thrown away.
            if not self._marker.exists():
                shutil.rmtree(self.folder, ignore_errors=True)
            self._marker.unlink(missing_ok=True)
            self._install()
            self._marker.write_text(self.fingerprint(), "ascii")

    def _install(self) -> None:
        if (uv := _working_uv()) and self._install_by_uv(uv):
            return
        pip = self._create_with_pip()
        if (uv := self._uv_by_pip(pip)) and self._install_by_uv(uv, pip):
            return
        if not self._try([*pip, "install", "--require-hashes", "-r", self._lock]):
            raise Failure(f"Пакеты не установлены.\n{self._output}")

    def _install_by_uv(self, uv: Path, pip: list[str | Path] | None = None) -> bool:
        if not self._python_works():
            shutil.rmtree(self.folder, ignore_errors=True)
            made = self._try([uv, "venv", "--no-project", "--python", sys.executable, self.folder])
            if not made:
                return False
        options = ["--require-hashes", "--python", self.python]
        env = self._env
        if pip is not None:  # uv does not read pip's settings: hand over a mirror
            index = run([*pip, "config", "get", "global.index-url"], env=env, cwd=self._data)
            if index.returncode == 0 and "UV_DEFAULT_INDEX" not in env:
                env = env | {"UV_DEFAULT_INDEX": index.stdout.strip().splitlines()[-1]}
        if not os.access(Path(env.get("HOME") or "/nonexistent"), os.W_OK):
            env = env | {"UV_CACHE_DIR": str(self._data / "cache" / "uv")}
        return self._try([uv, "pip", "sync", *options, self._lock], env)

    def _create_with_pip(self) -> list[str | Path]:
        """The environment, made when missing, and the command that runs a pip for it."""
        if self._python_works() and self._try([self.python, "-m", "pip", "--version"]):
            return [self.python, "-m", "pip"]
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._try([sys.executable, "-m", "venv", self.folder]):
            return [self.python, "-m", "pip"]
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._try([sys.executable, "-m", "venv", "--without-pip", self.folder]):
            for wheel in _pip_wheels():
                pip: list[str | Path] = [self.python, wheel / "pip"]
                if self._try([*pip, "--version"]):
                    return pip
            pip = [sys.executable, "-m", "pip", "--python", self.python]
            if self._try([*pip, "--version"]):
                return pip
        raise Failure(_what_to_install())

    def _uv_by_pip(self, pip: list[str | Path]) -> Path | None:
        """uv installs in seconds what takes pip the better part of a minute."""
        target = self._data / "uv"
        uv = target / "bin" / "uv"
        if not uv.exists() or not self._try([uv, "--version"]):
            shutil.rmtree(target, ignore_errors=True)
            options = ["--require-hashes", "--only-binary", ":all:", "--no-deps"]
            if not self._try([*pip, "install", *options, "--target", target, "-r", UV_LOCK]):
                return None
        return uv if self._try([uv, "--version"]) else None

    def _try(self, command: list[str | Path], env: Mapping[str, str] | None = None) -> bool:
        try:
            done = run(command, env=env or self._env, cwd=self._data)
        except OSError as error:
            self._output = str(error)
            return False
        self._output = "\n".join(f"    {line}" for line in done.stdout.splitlines()[-12:])
        return done.returncode == 0


def _working_uv() -> Path | None:
    found = shutil.which("uv")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode:
        return None  # a shim of a version manager that points nowhere
    return Path(found) if found else None


def _pip_wheels() -> list[Path]:
    """Wheels of pip that distributions keep for ensurepip."""
    standard = Path(sysconfig.get_path("stdlib"))
    folders = (Path("/usr/share/python-wheels"), standard / "ensurepip" / "_bundled")
    return [wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))]


def _what_to_install() -> str:
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if shutil.which("apt-get"):
        command = f"sudo apt install {python}-venv"
    elif shutil.which("dnf"):
        command = "sudo dnf install python3-pip"
    elif shutil.which("apk"):
        command = "sudo apk add py3-pip"
    else:
        command = f"{sys.executable} -m ensurepip"
    return f"Нет модулей venv и pip. Установите: {command}"
