"""Finds the programs of the comparison. It installs nothing: it says what to install."""

import os
import shutil

from .errors import MissingToolError

PACKAGES = {
    "Xvfb": "xvfb",
    "chromium": "chromium",
    "mosquitto": "mosquitto",
    "node": "nodejs",
    "npm": "npm",
}
"""Programs by name, and the Debian packages that bring them."""

_FOR_DAEMONS = ("/usr/sbin", "/sbin")
"""Debian keeps daemons where an ordinary user's PATH does not look."""


def find_all(places: str | None = None) -> dict[str, str]:
    """Where each program is; `places` is a PATH, by default this process's and where daemons live.

    Raises `MissingToolError` with the command that installs what is missing.
    """
    searched = places or os.pathsep.join((os.environ.get("PATH", os.defpath), *_FOR_DAEMONS))
    found = {name: shutil.which(name, path=searched) for name in PACKAGES}
    missing = [name for name, place in found.items() if place is None]
    if missing:
        packages = " ".join(PACKAGES[name] for name in missing)
        raise MissingToolError(
            f"make bench needs {', '.join(missing)}: apt-get install --no-install-recommends {packages}"
        )
    return {name: place for name, place in found.items() if place is not None}
