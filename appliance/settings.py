"""What a counter and an office are told before they start: `counter.toml` (the seed) and `office.toml`.

Reads files and nothing else. A wrong or unknown entry is an error in words; nothing is silently ignored.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from appliance.errors import ApplianceError
from mqtt_schema.messages import Beneficiary, FeeKind, Language
from mqtt_schema.reference import ALPHABET
from mqtt_schema.types import CounterId, SiteId, Text, Vnd

S = TypeVar("S", bound="_Settings")

Port = Annotated[int, Field(ge=1, le=65535)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""HH:MM, in Vietnam."""
Jwk = dict[str, str]
"""A public Ed25519 key: kty, crv, x, kid (RFC 8037)."""


class SettingsError(ApplianceError, ValueError):
    """A settings file is missing, unreadable or says something impossible; the message says where and what."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Broker(_Settings):
    """Where the MQTT broker listens. Without `ca` the connection is plain, which is allowed on loopback only."""

    host: str = "127.0.0.1"
    port: Port = 8883
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    keepalive_s: Annotated[int, Field(ge=2, le=300)] = 10

    @model_validator(mode="after")
    def _plain_only_on_loopback(self) -> Self:
        if self.ca is None and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError("a broker on another machine needs ca, certificate and key")
        if self.ca is not None and (self.certificate is None or self.key is None):
            raise ValueError("ca needs certificate and key beside it (mTLS)")
        return self


class DisplaySettings(_Settings):
    """Which glass: `kmsdrm` on the device, `window` on a desktop, `virtual` without any. Pixels.

    `width` and `height` are those of the screens, before `rotation` turns the picture clockwise for a turned panel.
    `diagonal_inch` and `viewing_mm` say how large a letter must be; without them they follow from the pixels.
    """

    driver: Literal["kmsdrm", "window", "virtual"] = "kmsdrm"
    width: Annotated[int, Field(ge=320, le=4096)] = 1024
    height: Annotated[int, Field(ge=320, le=4096)] = 600
    rotation: Literal[0, 90, 180, 270] = 0
    diagonal_inch: Annotated[float, Field(ge=4, le=65)] | None = None
    viewing_mm: Annotated[int, Field(ge=200, le=3000)] | None = None
    sleep_after_s: Annotated[int, Field(ge=60, le=86_400)] = 900


class PrinterSettings(_Settings):
    """Which printer: a serial line, TCP port 9100, a file such as /dev/usb/lp0, `virtual`, or `none`.

    `is_bilingual`: every slip is in Vietnamese and English, not only that of a citizen who chose English on the glass.
    """

    driver: Literal["serial", "tcp", "file", "virtual", "none"] = "file"
    path: str = "/dev/receipt-printer"
    host: str = ""
    port: Port = 9100
    baud: Annotated[int, Field(ge=1200, le=921600)] = 115200
    flow: Literal["none", "rtscts", "dsrdtr", "xonxoff"] = "rtscts"
    profile: str = "generic-80"
    is_bilingual: bool = False


class PanelSettings(_Settings):
    """Status light, clerk key and listening key by GPIO number (BCM), `virtual`, or `none`.

    `listen_contact`: whether the listening key, or an earphone in its socket, closes to ground or opens.
    """

    driver: Literal["gpio", "virtual", "none"] = "none"
    light_pin: int | None = None
    key_pin: int | None = None
    listen_pin: int | None = None
    listen_contact: Literal["closes", "opens"] = "closes"


class SoundSettings(_Settings):
    """Which loudspeaker: `alsa` (with `device`, such as "plughw:1", or the system's choice), `virtual`, or `none`.

    `volume` in percent. Between `quiet_from` and `quiet_until` (local time; both or neither) only who asks is answered.
    `languages`: in which *paid* is spoken, besides the one that the citizen chose. `recordings`: a folder with `vi` and
    `en` in it; a WAV file there takes the place of the clip of its name.
    """

    driver: Literal["alsa", "virtual", "none"] = "none"
    device: str = ""
    volume: Annotated[int, Field(ge=0, le=100)] = 70
    quiet_from: TimeOfDay | None = None
    quiet_until: TimeOfDay | None = None
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("vi", "en")
    recordings: Path | None = None

    @model_validator(mode="after")
    def _quiet_begins_and_ends(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet hours need both quiet_from and quiet_until")
        return self


class TechnicianSettings(_Settings):
    """The way into the technician's page: `quaythu pin new` makes both halves. Without them there is no such page."""

    pin_salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    pin_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class CounterSettings(_Settings):
    """The seed of one counter.

    `label` is what people call it: it follows the word "Quầy" on glass and slip. `office` is the name of the office: it
    stands above the slip of the day, as the office writes it on the others.
    `office_keys` and `beneficiaries` are what the counter believes: no other key can speak to it, and no other account
    can appear on its glass; until a document comes that one of `fleet_keys` signed, which then takes their place.
    `clock_tolerance_s`: a counter that knows the office's time less exactly shows no code. `workbench_port` opens the
    virtual devices to the demo page (loopback only).
    """

    site: SiteId
    counter: CounterId
    label: Text | None = None
    office: Text | None = None
    state_dir: Path = Path("/var/lib/quaythu/counter")
    key_file: Path = Path("/etc/quaythu/counter.jwk")
    broker: Broker = Broker()
    office_keys: Annotated[list[Jwk], Field(min_length=1)]
    beneficiaries: Annotated[list[Beneficiary], Field(min_length=1)]
    fleet_keys: list[Jwk] = []
    clock_tolerance_s: Annotated[float, Field(ge=0.2, le=60)] = 2.0
    display: DisplaySettings = DisplaySettings()
    printer: PrinterSettings = PrinterSettings()
    panel: PanelSettings = PanelSettings()
    sound: SoundSettings = SoundSettings()
    technician: TechnicianSettings | None = None
    workbench_port: Port | None = None

    @property
    def called(self) -> str:
        """The label, or the id where none was given."""
        return self.label or self.counter

    @model_validator(mode="after")
    def _workbench_is_virtual(self) -> Self:
        drivers = {self.display.driver, self.printer.driver}
        if self.workbench_port is not None and not drivers <= {"virtual", "window", "none"}:
            raise ValueError("workbench_port: only a counter with virtual devices can be driven from a page")
        return self


class CounterEntry(_Settings):
    """A counter that the office knows, and the public key that its messages must bear."""

    id: CounterId
    name: Text
    key: Jwk


class Fee(_Settings):
    """One row of the fee catalogue. Chapter and sub-item are budget codes that the treasury changes: never constants.

    `price` in đồng for one piece, or None when the clerk enters the amount. `is_sensitive`: the name alone tells
    something about a person (a divorce, an adoption), so it never leaves the office.
    """

    code: Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,32}$")]
    name: Text
    name_en: Text | None = None
    is_sensitive: bool = False
    kind: FeeKind
    chapter: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    sub_item: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    price: Annotated[Vnd, Field(ge=0)] | None = None


class Sepay(_Settings):
    """How SePay proves itself: an HMAC secret, or an API key; each in a file of its own."""

    hmac_secret_file: Path | None = None
    api_key_file: Path | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.hmac_secret_file is None) == (self.api_key_file is None):
            raise ValueError("give either hmac_secret_file or api_key_file")
        return self


class Portal(_Settings):
    """The public-service portal that sends dossiers and wants to hear *paid*. `token_file` authorises both ways."""

    url: Annotated[str, Field(pattern=r"^https?://")]
    token_file: Path


class OfficeSettings(_Settings):
    """One office. Desk and API listen on loopback until the office has users of its own.

    `payment_valid_s`: how long a code may be paid. `settle_s`: how long after that the bank's notification of a payment
    made in time may still arrive. `shows_payer`: whether the glass shows the payer's name, masked. `offline_after_s`: a
    counter that was not heard for so long is offline, and nobody knows what stands on its glass.
    """

    site: SiteId
    name: Text
    reference_prefix: Annotated[str, Field(pattern=rf"^[{ALPHABET}]{{2}}$")]
    host: Literal["127.0.0.1", "::1"] = "127.0.0.1"
    port: Port = 8700
    frame_ancestors: list[str] = []
    database: str = "sqlite:////var/lib/quaythu/office/ledger.sqlite"
    signing_key_file: Path = Path("/etc/quaythu/office.jwk")
    fleet_document: Path | None = None
    broker: Broker = Broker()
    beneficiary: Beneficiary
    counters: Annotated[list[CounterEntry], Field(min_length=1)]
    fees: Annotated[list[Fee], Field(min_length=1)]
    sepay: Sepay
    portal: Portal | None = None
    payment_valid_s: Annotated[int, Field(ge=30, le=3600)] = 300
    settle_s: Annotated[int, Field(ge=0, le=3600)] = 60
    shows_payer: bool = False
    offline_after_s: Annotated[int, Field(ge=6, le=600)] = 15

    @field_validator("counters")
    @classmethod
    def _unique(cls, counters: list[CounterEntry]) -> list[CounterEntry]:
        ids = [counter.id for counter in counters]
        if len(ids) != len(set(ids)):
            raise ValueError("two counters have the same id")
        return counters

    def counter(self, counter_id: str) -> CounterEntry | None:
        """Find a counter of this office, or None."""
        return next((counter for counter in self.counters if counter.id == counter_id), None)

    def fee(self, code: str) -> Fee | None:
        """Find a fee of the catalogue by its code, or None."""
        return next((fee for fee in self.fees if fee.code == code), None)


def read_counter(path: Path) -> CounterSettings:
    """Read and check the seed of a counter. Raises `SettingsError` in words."""
    return _read(path, CounterSettings)


def read_office(path: Path) -> OfficeSettings:
    """Read and check the settings of an office. Raises `SettingsError` in words."""
    return _read(path, OfficeSettings)


def stamp(path: Path) -> tuple[int, int] | None:
    """Equal stamps of a file are the same settings; None when it is missing."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _read(path: Path, kind: type[S]) -> S:
    try:
        return kind.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}. Write it, or name another with --settings"
        ) from error
    except ValidationError as error:
        wrong = [f"  {'.'.join(str(part) for part in e['loc']) or 'file'}: {e['msg']}" for e in error.errors()]
        raise SettingsError("\n".join([f"{path} says something that cannot be:", *wrong])) from error
    except (ValueError, RecursionError) as error:
        # Not TOML, not UTF-8, or a number of more digits than Python reads.
        raise SettingsError(f"{path} is not valid TOML in UTF-8: {error}") from error
