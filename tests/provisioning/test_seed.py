"""What a technician is told about the settings of a machine before it starts."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.settings import SettingsError
from mqtt_schema import fleet
from mqtt_schema.signing import new_key, private_jwk, public_jwk
from provisioning.certificates import Folder
from provisioning.checkup import Level, settings_of
from provisioning.seed import Hint, check

EXAMPLES = Path(__file__).parents[2] / "provisioning" / "examples"
OFFICE_KEY = new_key("office-1")
COUNTER_KEY = new_key("counter-1")

VALUES = {
    "SITE": "hoan-kiem",
    "COUNTER": "quay-01",
    "OFFICE-KEY-ID": "office-1",
    "OFFICE-KEY": public_jwk(OFFICE_KEY)["x"],
    "COUNTER-KEY-ID": "counter-1",
    "COUNTER-KEY": public_jwk(COUNTER_KEY)["x"],
    "BIN": "970418",
    "ACCOUNT": "1200012345",
    "ACCOUNT-NAME": "UBND PHUONG HOAN KIEM",
    "BANK": "BIDV",
    "BROKER": "127.0.0.1",
    "NAME": "UBND phường Hoàn Kiếm",
    "PREFIX": "HK",
    "COUNTER-NAME": "Quầy số 1",
    "FEE-CODE": "CT-BANSAO",
    "FEE-NAME": "Chứng thực bản sao từ bản chính",
    "CHAPTER": "805",
    "SUB-ITEM": "2716",
}

Write = Callable[..., Path]


@pytest.fixture
def machine(tmp_path: Path) -> Write:
    """Fill in an example on a machine that has everything, keys and certificates below `tmp_path`."""
    Folder(tmp_path / "site", datetime.now(UTC)).fill("hoan-kiem", ["127.0.0.1"], ["quay-01"])
    etc = tmp_path / "etc"
    etc.mkdir()
    (tmp_path / "site" / "office").rename(etc / "office")
    (tmp_path / "site" / "counters" / "quay-01").rename(etc / "counter")
    (etc / "office" / "sepay.secret").write_text("a secret of the test", "utf-8")
    for role, key in (("office", OFFICE_KEY), ("counter", COUNTER_KEY)):
        file = etc / f"{role}.jwk"
        file.write_text(private_jwk(key), "utf-8")
        file.chmod(0o640)

    def write(role: str, **other: str) -> Path:
        text = (EXAMPLES / f"{role}.toml").read_text("utf-8")
        text = re.sub(r"REPLACE-([A-Z-]+)", lambda found: (VALUES | other)[found[1]], text)
        text = re.sub(r"^# (key_file|signing_key_file)", r"\1", text, flags=re.MULTILINE)
        path = etc / f"{role}.toml"
        path.write_text(text.replace("/etc/quaythu/", f"{etc}/"), "utf-8")
        return path

    return write


@pytest.mark.parametrize("role", ["counter", "office"])
def test_the_shipped_example_is_right_once_it_is_filled_in(machine: Write, role: str) -> None:
    assert check(machine(role)) == []


@pytest.mark.parametrize("role", ["counter", "office"])
def test_the_shipped_example_starts_nothing_before_it_is_filled_in(role: str) -> None:
    with pytest.raises(SettingsError, match="site"):
        check(EXAMPLES / f"{role}.toml")


def test_a_file_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        check(tmp_path / "counter.toml")


@pytest.mark.parametrize("role", ["counter", "office"])
def test_a_missing_signing_key_comes_with_the_command_that_makes_it(machine: Write, role: str) -> None:
    path = machine(role)
    path.with_name(f"{role}.jwk").unlink()
    assert any("quaythu keys new" in sentence for sentence in check(path))


def test_a_signing_key_open_to_everybody_is_noticed(machine: Write) -> None:
    path = machine("counter")
    key = path.with_name("counter.jwk")
    key.chmod(0o644)
    assert check(path) == [f"{key} can be read by everybody on this machine. Close it: chmod 640 {key}"]


@pytest.mark.parametrize("text", ["", "not a key", json.dumps(public_jwk(COUNTER_KEY)), "[]", '{"kty": "OKP"}'])
def test_a_signing_key_that_cannot_sign_is_noticed(machine: Write, text: str) -> None:
    path = machine("counter")
    path.with_name("counter.jwk").write_text(text, "utf-8")
    assert len(check(path)) == 1


def test_the_office_key_must_be_a_key(machine: Write) -> None:
    sentences = check(machine("counter", **{"OFFICE-KEY": "AAAA"}))
    assert len(sentences) == 1
    assert sentences[0].startswith("office_keys: ")


def test_a_private_key_in_the_place_of_a_public_one_is_noticed(machine: Write) -> None:
    path = machine("counter")
    secret = json.loads(private_jwk(OFFICE_KEY))["d"]
    path.write_text(path.read_text("utf-8").replace('crv = "Ed25519"', f'crv = "Ed25519"\nd = "{secret}"'), "utf-8")
    assert any("private key" in sentence for sentence in check(path))


def test_a_missing_certificate_is_noticed(machine: Write) -> None:
    path = machine("counter")
    (path.parent / "counter" / "client.crt").unlink()
    assert [sentence.split(":")[0] for sentence in check(path)] == [f"{path.parent}/counter/client.crt cannot be read"]


def test_a_certificate_of_another_counter_is_noticed(machine: Write) -> None:
    [sentence] = check(machine("counter", COUNTER="quay-02"))
    assert "belongs to quay-01, not to quay-02" in sentence
    assert "Copy it from the site's certificates" in sentence


def test_a_certificate_that_is_none_is_noticed(machine: Write) -> None:
    path = machine("counter")
    (path.parent / "counter" / "client.crt").write_text("-----BEGIN", "utf-8")
    [sentence] = check(path)
    assert "no certificate in PEM form" in sentence
    assert "Copy it from the site's certificates" in sentence


def test_a_counter_without_a_printer_is_allowed_but_said(machine: Write) -> None:
    path = machine("counter")
    path.write_text(path.read_text("utf-8").replace('driver = "file"', 'driver = "none"'), "utf-8")
    assert any("prints no slips" in sentence for sentence in check(path))
    assert [one.level for one in settings_of(path)] == [Level.WARNING]


def test_an_empty_secret_of_the_bank_is_noticed(machine: Write) -> None:
    path = machine("office")
    (path.parent / "office" / "sepay.secret").write_text("\n", "utf-8")
    assert any("sepay.secret is empty" in sentence for sentence in check(path))


def test_a_missing_portal_token_is_noticed(machine: Write) -> None:
    path = machine("office")
    text = (
        path.read_text("utf-8")
        .replace("# [portal]", "[portal]")
        .replace("# url", "url")
        .replace("# token_file", "token_file")
    )
    path.write_text(text, "utf-8")
    assert any("portal.token" in sentence for sentence in check(path))


def fleet_of(path: Path, **more: object) -> None:
    """Put a document beside this office and name it."""
    now = datetime.now(UTC)
    window = {"not_before": now - timedelta(days=1), "not_after": now + timedelta(days=60)}
    account = {"bin": VALUES["BIN"], "account": VALUES["ACCOUNT"], "account_name": VALUES["ACCOUNT-NAME"]}
    told = {
        "site": VALUES["SITE"],
        "serial": 1,
        "issued_at": now,
        "keys": [{"jwk": public_jwk(OFFICE_KEY), **window}],
        "beneficiaries": [account | window],
    }
    document = path.with_name("fleet.json")
    document.write_text(fleet.sign(fleet.compose(told | more), new_key("fleet-1")), "utf-8")
    path.write_text(f'fleet_document = "{document}"\n' + path.read_text("utf-8"), "utf-8")


def test_a_document_of_the_fleet_that_names_this_office_is_well(machine: Write) -> None:
    path = machine("office")
    fleet_of(path)
    assert check(path) == []


def test_a_document_under_which_counters_would_refuse_this_office_is_noticed(machine: Write) -> None:
    path, now = machine("office"), datetime.now(UTC)
    window = {"not_before": now, "not_after": now + timedelta(days=1)}
    other = {"bin": "970436", "account": "1", "account_name": "SOMEBODY"}
    fleet_of(
        path,
        site="cua-nam",
        keys=[{"jwk": public_jwk(new_key("office-2")), **window}],
        beneficiaries=[other | window],
        revoked=["office-1"],
    )
    said = check(path)
    assert [sentence.split("fleet.json")[1].split(",")[0].split(":")[0] for sentence in said] == [
        " is meant for cua-nam",
        "",
        " does not allow the account in [beneficiary]",
    ]
    assert "'office-1' of this office is revoked" in said[1]
    assert [re.split(r"[.:] (?=[A-Z])", sentence)[-1].split()[0] for sentence in said] == ["Copy", "Ask", "Ask"]


def lasts(*days: int) -> dict[str, datetime]:
    """From and until, days from now."""
    begins, ends = (datetime.now(UTC) + timedelta(days=day) for day in days)
    return {"not_before": begins, "not_after": ends}


@pytest.mark.parametrize(
    ("days", "words", "is_hint"),
    [
        ((-9, -1), "is valid from", False),
        ((1, 90), "is valid from", False),
        ((-9, 29), "ends on", True),
        ((-9, 31), "", False),
    ],
)
def test_a_key_whose_time_is_over_or_nearly_is_noticed(
    machine: Write, days: tuple[int, int], words: str, is_hint: bool
) -> None:
    path = machine("office")
    fleet_of(path, keys=[{"jwk": public_jwk(OFFICE_KEY), **lasts(*days)}])
    said = check(path)
    assert [words in sentence for sentence in said] == [True] * bool(words)
    assert [isinstance(sentence, Hint) for sentence in said] == [is_hint] * bool(words)
    assert all(sentence.endswith("or name another key in signing_key_file") for sentence in said)


@pytest.mark.parametrize(
    ("windows", "words", "is_hint"),
    [
        ([(-9, -1)], "at another time only", False),
        ([(1, 90)], "at another time only", False),
        ([(-9, 29)], "until", True),
        ([(-9, 31)], "", False),
        ([(5, 90), (-9, 10)], "", False),
        ([(-9, 10), (11, 90)], "until", True),
    ],
    ids=["over", "yet to come", "nearly over", "long", "one follows the other", "a gap between them"],
)
def test_an_account_whose_time_is_over_or_nearly_is_noticed(
    machine: Write, windows: list[tuple[int, int]], words: str, is_hint: bool
) -> None:
    path = machine("office")
    account = {"bin": VALUES["BIN"], "account": VALUES["ACCOUNT"], "account_name": VALUES["ACCOUNT-NAME"]}
    fleet_of(path, beneficiaries=[account | lasts(*days) for days in windows])
    said = check(path)
    assert [words in sentence for sentence in said] == [True] * bool(words)
    assert [isinstance(sentence, Hint) for sentence in said] == [is_hint] * bool(words)
    assert all(sentence.endswith("Ask the owner of the fleet key for another document") for sentence in said)


def test_the_doctor_warns_of_what_ends_soon_and_calls_wrong_what_is_over(machine: Write) -> None:
    path = machine("office")
    fleet_of(path, keys=[{"jwk": public_jwk(OFFICE_KEY), **lasts(-9, 9)}])
    assert [one.level for one in settings_of(path)] == [Level.WARNING]
    fleet_of(machine("office"), keys=[{"jwk": public_jwk(OFFICE_KEY), **lasts(-9, -1)}])
    assert [one.level for one in settings_of(path)] == [Level.WRONG]


@pytest.mark.parametrize("text", [None, "", "{}"])
def test_a_document_that_is_missing_or_none_is_noticed(machine: Write, text: str | None) -> None:
    path = machine("office")
    fleet_of(path)
    document = path.with_name("fleet.json")
    document.unlink() if text is None else document.write_text(text, "utf-8")
    (sentence,) = check(path)
    assert "quaythu fleet sign" in sentence


def test_a_fleet_key_that_is_none_is_noticed(machine: Write) -> None:
    path = machine("counter")
    path.write_text('fleet_keys = [{kty = "RSA"}]\n' + path.read_text("utf-8"), "utf-8")
    assert [sentence.split(":")[0] for sentence in check(path)] == ["fleet_keys"]


def test_a_file_that_python_cannot_read_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "counter.toml"
    file.write_text("site = " + "[" * 5_000, "utf-8")
    with pytest.raises(SettingsError, match="not valid TOML"):
        check(file)
