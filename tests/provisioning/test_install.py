"""What the installer says to someone who calls it wrongly. That it installs is shown by provisioning/test-install."""

import subprocess
from pathlib import Path

import pytest

INSTALL = Path(__file__).parents[2] / "provisioning" / "install"


def refused(*arguments: str | Path) -> str:
    done = subprocess.run([INSTALL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Which role: counter or office?"),
        (["kitchen"], 'I do not know "kitchen"'),
        (["counter", "--purge"], "--purge goes with --uninstall"),
        (["counter", "--root", "/does/not/exist"], "There is no directory /does/not/exist"),
    ],
)
def test_a_wrong_call_is_refused_with_the_next_step(arguments: list[str], sentence: str) -> None:
    assert sentence in refused(*arguments)


def test_an_empty_directory_is_no_machine_and_stays_empty(tmp_path: Path) -> None:
    assert f"There is no system below {tmp_path}" in refused("office", "--root", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_broker_is_set_up_only_for_a_site_that_topics_can_carry(tmp_path: Path) -> None:
    install = INSTALL.parent / "mosquitto" / "install"
    done = subprocess.run([install, "a/+", tmp_path, "--root", tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, '"a/+" is no site' in done.stderr) == (1, True)
