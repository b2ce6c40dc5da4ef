"""Writing a document of the fleet, and being told in words what it says or why it cannot be."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appliance.commands import app
from mqtt_schema import fleet as schema
from mqtt_schema.jws import new_key, public_jwk, read_public
from provisioning import fleet
from provisioning.fleet import FleetError

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "provisioning" / "examples" / "fleet.toml"
OFFICE = new_key("office-1")


class Table:
    """A desk without a network: the fleet key, the orders, the document."""

    def __init__(self, folder: Path) -> None:
        self.key, self.orders, self.out = folder / "fleet.jwk", folder / "orders.toml", folder / "fleet.json"
        self.public = folder / "fleet.pub"
        self.public.write_text(fleet.new_key("fleet-1", self.key))
        self.write()

    def write(self, *changes: tuple[str, str]) -> None:
        filled = (
            ("REPLACE-SITE", "hoan-kiem"),
            ("REPLACE-OFFICE-KEY-ID", OFFICE.key_id),
            ("REPLACE-OFFICE-KEY", public_jwk(OFFICE)["x"]),
            ("REPLACE-BIN", "970418"),
            ("REPLACE-ACCOUNT-NAME", "UBND PHUONG HOAN KIEM"),
            ("REPLACE-ACCOUNT", "1200012345"),
            ("REPLACE-BANK", "BIDV"),
        )
        text = EXAMPLE.read_text("utf-8")
        for before, after in (*filled, *changes):
            assert before in text
            text = text.replace(before, after)
        self.orders.write_text(text, "utf-8")

    def sign(self) -> list[str]:
        return fleet.sign(self.key, self.orders, self.out, NOON)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


def test_the_shipped_example_is_right_once_it_is_filled_in(table: Table) -> None:
    assert table.sign() == [
        "Document 1 for hoan-kiem, of 2026-11-22 12:00 (UTC+7)",
        (
            "Key office-1: may say job, result, cmd; from 2026-01-01 00:00 (UTC+7) until 2028-01-01 00:00 (UTC+7) "
            "(valid now)"
        ),
        (
            "Account 1200012345 of UBND PHUONG HOAN KIEM at BIDV (970418): from 2026-01-01 00:00 (UTC+7) until "
            "2030-01-01 00:00 (UTC+7) (valid now)"
        ),
    ]
    keys = read_public([json.loads(table.public.read_text("utf-8"))])
    assert schema.verify(table.out.read_text("utf-8").strip(), keys, "hoan-kiem").serial == 1


def test_the_fleet_key_is_for_its_owner_only_and_never_overwritten(table: Table) -> None:
    assert table.key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FleetError, match="never overwritten"):
        fleet.new_key("fleet-1", table.key)


def test_the_next_document_needs_a_higher_serial(table: Table) -> None:
    table.sign()
    with pytest.raises(FleetError, match="write serial = 2"):
        table.sign()
    table.write(("serial = 1", "serial = 2"), ('# revoked = ["office-1"]', 'revoked = ["office-0"]'))
    assert "Key office-0: revoked" in table.sign()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("serial = 1", "serial = "), "is not valid TOML"),
        (("serial = 1", f"serial = {'9' * 5_000}"), "is not valid TOML"),
        (("2028-01-01T00:00:00+07:00", "2028-01-01T00:00:00"), "keys.0.not_after"),
        (("2028-01-01", "2026-02-01"), "keys: none of them is valid now"),
        (("2030-01-01", "2026-02-01"), "beneficiaries: none of them is valid now"),
        (("serial = 1", "serial = 1\nissued_at = 2027-01-01T00:00:00Z"), "lies in the future"),
        (('account = "', 'acount = "'), "acount"),
        (('kid = "office-1"', 'kid = "fleet-1"'), "must not be a key of the office"),
    ],
)
def test_what_would_leave_counters_alone_is_not_signed(table: Table, change: tuple[str, str], said: str) -> None:
    table.write(change)
    with pytest.raises(FleetError, match=said):
        table.sign()
    assert not table.out.exists()


def test_a_prefix_is_said_as_one(table: Table) -> None:
    table.write(('account = "', 'account_prefix = "'))
    assert "1200012345… (every one that begins so)" in table.sign()[-1]


def test_a_document_is_shown_and_its_signature_checked(table: Table, tmp_path: Path) -> None:
    said = table.sign()
    seed = tmp_path / "counter.toml"
    jwk = json.loads(table.public.read_text("utf-8"))
    seed.write_text('site = "hoan-kiem"\n[[fleet_keys]]\n' + "".join(f'{k} = "{v}"\n' for k, v in jwk.items()))
    assert fleet.show(table.out, table.public, NOON) == ["Signed by fleet-1: checked", *said]
    assert fleet.show(table.out, seed, NOON)[0] == "Signed by fleet-1: checked"
    assert "Nobody has checked that" in fleet.show(table.out, None, NOON)[0]
    assert "(over)" in fleet.show(table.out, None, NOON.replace(year=2031))[2]
    assert "(not yet)" in fleet.show(table.out, None, NOON.replace(year=2025))[2]


def test_a_document_that_nobody_signed_is_not_to_be_believed(table: Table, tmp_path: Path) -> None:
    table.sign()
    stranger = tmp_path / "stranger"
    stranger.write_text(json.dumps(public_jwk(OFFICE)))
    with pytest.raises(FleetError, match="not to be believed: nobody here knows the key 'fleet-1'"):
        fleet.show(table.out, stranger, NOON)
    table.out.write_text(table.out.read_text("utf-8").replace("1200012345", "1200012346"))
    with pytest.raises(FleetError, match="does not hold"):
        fleet.show(table.out, table.public, NOON)


@pytest.mark.parametrize("broken", ["key", "orders", "out", "public"])
def test_a_file_that_is_missing_or_another_thing_is_said_in_words(table: Table, broken: str) -> None:
    table.sign()
    path: Path = getattr(table, broken)
    path.write_bytes(b"\xff")
    with pytest.raises(FleetError, match="not in UTF-8"):
        table.sign() if broken != "public" else fleet.show(table.out, table.public, NOON)
    path.write_text("[what", "utf-8")
    with pytest.raises(FleetError):
        table.sign() if broken != "public" else fleet.show(table.out, table.public, NOON)
    path.unlink()
    if broken != "out":
        with pytest.raises(FleetError, match="cannot be read"):
            table.sign() if broken != "public" else fleet.show(table.out, table.public, NOON)


def test_the_commands_say_it_all_and_refuse_in_words(table: Table, tmp_path: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(app, ["fleet", "key", "new", "--out", str(tmp_path / "another.jwk")])
    assert json.loads(made.output)["kid"] == "fleet-1"
    signed = runner.invoke(app, ["fleet", "sign", str(table.orders), "--key", str(table.key), "--out", str(table.out)])
    assert signed.exit_code == 0
    shown = runner.invoke(app, ["fleet", "show", str(table.out), "--keys", str(table.public)])
    assert shown.output == "Signed by fleet-1: checked\n" + signed.output
    for refused in (
        ["fleet", "key", "new", "--out", str(table.key)],
        ["fleet", "sign", str(table.orders), "--key", str(table.key), "--out", str(table.out)],
        ["fleet", "show", str(table.key)],
    ):
        assert runner.invoke(app, refused).exit_code == 2
