"""What a counter and an office are told: read whole, or refused in words that name the entry."""

from pathlib import Path
from typing import Any

import pytest
import tomli_w

from appliance.settings import SettingsError, read_counter, read_office
from mqtt_schema import signing

KEY = signing.public_jwk(signing.new_key("office-2026"))
ACCOUNT = {"bin": "970403", "account": "0011012345678", "account_name": "UBND PHUONG", "bank_name": "Sacombank"}


def counter_told() -> dict[str, Any]:
    return {
        "site": "hoan-kiem",
        "counter": "quay-1",
        "office_keys": [KEY],
        "beneficiaries": [dict(ACCOUNT)],
        "display": {"driver": "virtual"},
        "printer": {"driver": "virtual"},
    }


def office_told() -> dict[str, Any]:
    fee = {"code": "CT-BS", "name": "Chứng thực", "kind": "phi", "chapter": "805", "sub_item": "2716", "price": 2000}
    return {
        "site": "hoan-kiem",
        "name": "UBND phường Hoàn Kiếm",
        "reference_prefix": "HK",
        "beneficiary": dict(ACCOUNT),
        "counters": [{"id": f"quay-{number}", "name": f"Quầy {number}", "key": KEY} for number in (1, 2)],
        "fees": [fee],
        "sepay": {"hmac_secret_file": "/etc/quaythu/sepay"},
    }


def write(path: Path, told: dict[str, Any]) -> Path:
    path.write_text(tomli_w.dumps(told), "utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "told.toml"


def put(told: dict[str, Any], where: str, value: object) -> dict[str, Any]:
    """Set `a.b.c`; a number is a place in a list."""
    *way, last = where.split(".")
    inner: Any = told
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner.setdefault(step, {})
    inner[int(last) if isinstance(inner, list) else last] = value
    return told


def test_a_seed_needs_only_what_nobody_can_guess(file: Path) -> None:
    told = read_counter(write(file, counter_told()))
    assert (told.site, told.counter) == ("hoan-kiem", "quay-1")
    assert told.broker.port == 8883
    assert told.state_dir == Path("/var/lib/quaythu/counter")
    assert told.workbench_port is None
    assert told.beneficiaries[0].account == "0011012345678"


def test_an_office_knows_its_counters_and_fees(file: Path) -> None:
    told = read_office(write(file, office_told()))
    second, fee = told.counter("quay-2"), told.fee("CT-BS")
    assert second is not None
    assert second.name == "Quầy 2"
    assert fee is not None
    assert fee.price == 2000
    assert told.counter("quay-3") is None
    assert told.fee("KHAC") is None


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        ("colour", "red", "colour: Extra inputs are not permitted"),
        ("display.colour", "red", "display.colour: Extra inputs are not permitted"),
        ("counter", "Quầy 1", "counter: String should match pattern"),
        ("counter", "quay.1", "counter: String should match pattern"),
        ("office_keys", [], "office_keys: List should have at least 1 item"),
        ("beneficiaries", [], "beneficiaries: List should have at least 1 item"),
        ("beneficiaries.0.bin", "97040", "beneficiaries.0.bin: String should match pattern"),
        ("broker.port", 0, "broker.port: Input should be greater than or equal to 1"),
        ("broker.host", "broker.city.vn", "a broker on another machine needs ca, certificate and key"),
        ("broker.ca", "/etc/ca.crt", "ca needs certificate and key beside it"),
        ("display.driver", "hologram", "display.driver: Input should be 'kmsdrm', 'window' or 'virtual'"),
        ("display.width", 10, "display.width: Input should be greater than or equal to 320"),
        ("printer.driver", "lpd", "printer.driver: Input should be"),
        ("printer.flow", "maybe", "printer.flow: Input should be"),
        ("panel.listen_contact", "maybe", "panel.listen_contact: Input should be 'closes' or 'opens'"),
        ("sound.driver", "gramophone", "sound.driver: Input should be 'alsa', 'virtual' or 'none'"),
        ("sound.volume", 101, "sound.volume: Input should be less than or equal to 100"),
        ("sound.quiet_from", "18:00", "sound: Value error, quiet hours need both quiet_from and quiet_until"),
        ("sound.quiet_from", "24:00", "sound.quiet_from: String should match pattern"),
        ("sound.languages", ["fr"], "sound.languages.0: Input should be 'vi' or 'en'"),
        ("sound.languages", [], "sound.languages: Tuple should have at least 1 item"),
    ],
)
def test_a_wrong_entry_of_a_seed_is_named_in_words(file: Path, where: str, value: object, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_counter(write(file, put(counter_told(), where, value)))
    assert words in str(refused.value)
    assert str(refused.value).startswith(f"{file} says something that cannot be:")


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        ("host", "0.0.0.0", "host: Input should be '127.0.0.1' or '::1'"),
        ("reference_prefix", "H0", "reference_prefix: String should match pattern"),
        ("reference_prefix", "HKM", "reference_prefix: String should match pattern"),
        ("counters.1.id", "quay-1", "two counters have the same id"),
        ("counters", [], "counters: List should have at least 1 item"),
        ("fees", [], "fees: List should have at least 1 item"),
        ("fees.0.code", "ct bs", "fees.0.code: String should match pattern"),
        ("fees.0.chapter", "80", "fees.0.chapter: String should match pattern"),
        ("fees.0.price", -1, "fees.0.price: Input should be greater than or equal to 0"),
        ("fees.0.kind", "tax", "fees.0.kind: Input should be"),
        ("sepay", {}, "give either hmac_secret_file or api_key_file"),
        ("sepay.api_key_file", "/etc/quaythu/key", "give either hmac_secret_file or api_key_file"),
        ("portal", {"url": "ftp://x", "token_file": "t"}, "portal.url: String should match pattern"),
        ("payment_valid_s", 5, "payment_valid_s: Input should be greater than or equal to 30"),
    ],
)
def test_a_wrong_entry_of_an_office_is_named_in_words(file: Path, where: str, value: object, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_office(write(file, put(office_told(), where, value)))
    assert words in str(refused.value)


def test_every_wrong_entry_is_named_at_once(file: Path) -> None:
    told = put(put(counter_told(), "counter", "Quầy 1"), "colour", "red")
    with pytest.raises(SettingsError) as refused:
        read_counter(write(file, told))
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_broker_on_this_machine_may_be_spoken_to_plainly(file: Path, host: str) -> None:
    assert read_counter(write(file, put(counter_told(), "broker.host", host))).broker.ca is None


def test_a_broker_elsewhere_is_spoken_to_with_certificates(file: Path) -> None:
    told = counter_told()
    told["broker"] = {"host": "broker.city.vn", "ca": "ca.crt", "certificate": "c.crt", "key": "c.key"}
    assert read_counter(write(file, told)).broker.host == "broker.city.vn"


@pytest.mark.parametrize("device", ["display", "printer"])
def test_only_virtual_devices_are_driven_from_a_page(file: Path, device: str) -> None:
    told = put(counter_told(), "workbench_port", 8650)
    assert read_counter(write(file, told)).workbench_port == 8650
    real = {"display": "kmsdrm", "printer": "file"}[device]
    with pytest.raises(SettingsError, match="only a counter with virtual devices"):
        read_counter(write(file, put(told, f"{device}.driver", real)))


def test_names_are_kept_composed_and_without_control_characters(file: Path) -> None:
    told = put(office_told(), "name", "UBND phươ\u0300ng\u202e  Hoàn Kiếm")
    assert read_office(write(file, told)).name == "UBND phường Hoàn Kiếm"


def test_a_missing_file_says_what_to_do(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read: No such file or directory\. Write it, or name another"):
        read_counter(file)


def test_a_file_that_is_no_toml_says_where(file: Path) -> None:
    file.write_text("site = hoan-kiem", "utf-8")
    with pytest.raises(SettingsError, match=r"not valid TOML in UTF-8: Invalid value \(at line 1"):
        read_counter(file)


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 5_000], ids=["a number without end", "brackets without end"])
def test_a_file_that_python_cannot_read_is_refused_in_words(file: Path, value: str) -> None:
    file.write_text(f"site = {value}", "utf-8")
    with pytest.raises(SettingsError, match="not valid TOML in UTF-8"):
        read_counter(file)


def test_a_file_of_another_encoding_says_so(file: Path) -> None:
    file.write_bytes('name = "UBND phường"'.encode("utf-16"))
    with pytest.raises(SettingsError, match="not valid TOML in UTF-8"):
        read_office(file)
