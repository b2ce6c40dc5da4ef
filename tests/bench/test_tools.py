"""What is missing is said in a sentence."""

import os
from pathlib import Path

import pytest

from . import tools
from .errors import MissingToolError


def test_missing_programs_are_named_with_the_command_that_installs_them(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match=r"needs Xvfb.*apt-get install --no-install-recommends xvfb"):
        tools.find_all(places=str(tmp_path))


def test_programs_are_found_in_the_places_that_are_searched(tmp_path: Path) -> None:
    for name in tools.PACKAGES:
        program = tmp_path / name
        program.touch(mode=0o755)
    found = tools.find_all(places=os.fspath(tmp_path))
    assert found == {name: str(tmp_path / name) for name in tools.PACKAGES}
