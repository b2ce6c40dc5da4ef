"""Builds the kiosk page: npm fetches what `package.json` pins into build/, esbuild bundles it. Nothing is committed."""

import shutil
import subprocess
from pathlib import Path

from .errors import MissingToolError

SOURCE = Path(__file__).parent / "kiosk"
BUNDLE = ("kiosk.js", "kiosk.css", "--bundle", "--minify", "--format=iife", "--charset=utf8", "--loader:.ttf=dataurl")


def build(npm: str, directory: Path) -> Path:
    """Build into `directory`, which must lie as deep in the project as `SOURCE`; returns the page.

    Raises `MissingToolError` when npm cannot fetch the packages.
    """
    directory.mkdir(parents=True, exist_ok=True)
    is_new = _copy(directory)
    if is_new or not (directory / "node_modules").is_dir():
        _run([npm, "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"], directory)
    esbuild = str(directory / "node_modules" / ".bin" / "esbuild")
    _run([esbuild, *BUNDLE, "--outdir=.", "--entry-names=[name].bundle", "--log-level=warning"], directory)
    return directory / "index.html"


def _copy(directory: Path) -> bool:
    """Copy the sources; says whether other packages are wanted than before."""
    before = directory / "package.json"
    is_new = not before.is_file() or before.read_bytes() != (SOURCE / "package.json").read_bytes()
    for source in SOURCE.iterdir():
        shutil.copy(source, directory)
    return is_new


def _run(command: list[str], directory: Path) -> None:
    ended = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    if ended.returncode:
        raise MissingToolError(f"the kiosk page cannot be built: {command[0]} said {ended.stderr.strip()[-500:]}")
