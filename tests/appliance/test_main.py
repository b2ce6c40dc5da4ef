"""The command line, from outside: what it prints, what it leaves behind, and that nobody ever sees a traceback."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import tomli_w
from typer.testing import CliRunner

from appliance.chronicle import Chronicle
from appliance.commands import app
from appliance.courier import Parcel
from appliance.journal import Journal
from mqtt_schema import signing
from mqtt_schema.messages import Body
from tests.support.broker import free_port
from tests.support.spoken import OURS

ROOT = Path(__file__).parent.parent.parent
cli = CliRunner()


def quaythu(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, for what sets up logs or never returns."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "SDL_VIDEODRIVER": "offscreen"},
    )


def seed(directory: Path, **otherwise: object) -> Path:
    """A good seed of a counter, with its key; name any entry to have it otherwise."""
    key = directory / "counter.jwk"
    key.touch(0o600)
    key.write_text(signing.private_jwk(signing.new_key("quay-1")))
    told = {
        "site": "hoan-kiem",
        "counter": "quay-1",
        "state_dir": str(directory / "state"),
        "key_file": str(key),
        "office_keys": [signing.public_jwk(signing.new_key("office-2026"))],
        "beneficiaries": [OURS.model_dump()],
        "broker": {"host": "127.0.0.1", "port": free_port()},
        "display": {"driver": "virtual"},
        "printer": {"driver": "virtual"},
        "panel": {"driver": "virtual"},
    } | otherwise
    path = directory / "counter.toml"
    path.write_text(tomli_w.dumps(told), "utf-8")
    return path


def test_without_a_word_it_says_what_it_can() -> None:
    said = cli.invoke(app, [])
    for command in ("counter", "office", "push", "demo", "keys", "seed"):
        assert command in said.output
    assert cli.invoke(app, ["--help"]).exit_code == 0


def test_what_the_demo_plays_is_not_offered_to_people() -> None:
    said = cli.invoke(app, ["--help"]).output
    assert "Play the bank" not in said
    assert "Play the public-service portal" not in said


@pytest.mark.parametrize("command", ["counter", "office", "push", "demo", "keys", "seed"])
def test_every_command_explains_itself(command: str) -> None:
    said = cli.invoke(app, [command, "--help"])
    assert said.exit_code == 0
    assert "Usage" in said.output


# Keys


def test_a_new_key_goes_into_a_file_for_its_owner_and_its_public_half_to_the_output(tmp_path: Path) -> None:
    out = tmp_path / "office.jwk"
    said = cli.invoke(app, ["keys", "new", "--id", "office-2026", "--out", str(out)])
    assert said.exit_code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    public = json.loads(said.stdout)
    assert set(public) == {"kty", "crv", "x", "kid"}
    assert signing.public_jwk(signing.read_private(out.read_text())) == public


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "office.jwk"
    out.write_text("the old key")
    said = cli.invoke(app, ["keys", "new", "--id", "office-2026", "--out", str(out)])
    assert said.exit_code == 2
    assert "A key is never overwritten" in said.stderr
    assert said.stdout == ""
    assert out.read_text() == "the old key"


def test_a_key_where_nothing_can_be_written_is_refused_in_words(tmp_path: Path) -> None:
    said = cli.invoke(app, ["keys", "new", "--id", "k", "--out", str(tmp_path / "nowhere" / "k.jwk")])
    assert said.exit_code == 2
    assert "No such file or directory" in said.stderr


# Seeds


def test_a_good_seed_is_well(tmp_path: Path) -> None:
    path = seed(tmp_path)
    said = cli.invoke(app, ["seed", "check", str(path)])
    assert (said.exit_code, said.stdout) == (0, f"{path}: all is well\n")


def test_a_seed_that_will_not_work_here_is_told_sentence_by_sentence(tmp_path: Path) -> None:
    path = seed(tmp_path, key_file=str(tmp_path / "nowhere.jwk"), printer={"driver": "none"})
    said = cli.invoke(app, ["seed", "check", str(path)])
    assert said.exit_code == 1
    assert len(said.stdout.splitlines()) == 2
    assert "nowhere.jwk" in said.stdout


def test_a_seed_that_cannot_be_is_refused(tmp_path: Path) -> None:
    said = cli.invoke(app, ["seed", "check", str(seed(tmp_path, colour="red"))])
    assert said.exit_code == 2
    assert "colour: Extra inputs are not permitted" in said.stderr


# Starting what cannot start


def test_a_counter_without_settings_says_what_to_do(tmp_path: Path) -> None:
    ended = quaythu("counter", "--settings", str(tmp_path / "counter.toml"))
    assert ended.returncode == 2
    assert ended.stderr.startswith("quaythu counter: ")
    assert "Write it, or name another with --settings" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_office_without_settings_says_what_to_do(tmp_path: Path) -> None:
    ended = quaythu("office", "--settings", str(tmp_path / "office.toml"))
    assert ended.returncode == 2
    assert ended.stderr.startswith("quaythu office: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("otherwise", "words"),
    [
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"key_file": "/nowhere/counter.jwk"}, "/nowhere/counter.jwk"),
        ({"office_keys": [{"kty": "RSA"}]}, "a key must be of the curve Ed25519"),
        ({"state_dir": "/dev/null/state"}, "the journal /dev/null/state/journal.sqlite cannot be opened"),
        ({"printer": {"driver": "virtual", "profile": "laser"}}, "'laser' is not known; choose one of"),
    ],
    ids=["an unknown entry", "no key", "another's key", "no room for a journal", "an unknown printer"],
)
def test_a_counter_that_cannot_start_says_why_in_a_sentence(
    tmp_path: Path, otherwise: dict[str, object], words: str
) -> None:
    ended = quaythu("counter", "--settings", str(seed(tmp_path, **otherwise)))
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def refuse_to_seal(_body: Body, _sequence: int) -> Parcel:
    raise AssertionError("nothing is said here")


def test_a_counter_whose_journal_cannot_be_read_says_why_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.sqlite"
    Journal(path, refuse_to_seal).close()
    db = sqlite3.connect(path)
    Chronicle(db).add("requested", "2026-11-22", {}, '{"kind": "of a later version"}')
    db.commit()
    db.close()
    ended = quaythu("counter", "--settings", str(seed(tmp_path)))
    assert ended.returncode == 2
    assert "it holds what another version wrote" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_counter_ends_in_good_order_when_it_is_asked_to(tmp_path: Path) -> None:
    path = seed(tmp_path, workbench_port=free_port())
    command = [sys.executable, "-m", "appliance", "counter", "--settings", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        while json.loads(running.stderr.readline())["event"] != "first_frame":
            """It will come: every line of a log is a JSON object."""
        running.send_signal(signal.SIGTERM)
        rest = running.stderr.read().splitlines()
    assert running.returncode == 0
    assert json.loads(rest[-1])["event"] == "stopped"


# Pushing


ORDER = ["--dossier", "H26.1-261122-0007", "--fee", "CT-BS", "--amount", "35000", "--counter", "quay-1"]


def test_a_push_to_nobody_is_a_sentence() -> None:
    said = cli.invoke(app, ["push", *ORDER, "--office", f"http://127.0.0.1:{free_port()}"])
    assert said.exit_code == 2
    assert "does not answer" in said.stderr


def test_a_push_that_forgets_the_dossier_is_told_so() -> None:
    said = cli.invoke(app, ["push", *ORDER[2:]])
    assert said.exit_code == 2
    assert "--dossier" in said.stderr
