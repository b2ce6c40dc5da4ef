"""Pure: every word that the glass says, one value a language, and how its catalogue is read. No layout, no condition.

The catalogues are `words/vi.toml` and `words/en.toml`; a translator edits those and nothing else. The shape stands
here: a field is a sentence, a tuple is a list of so many sentences, and `holes` names what is filled in in braces.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from string import Formatter
from types import EllipsisType
from typing import Any, get_args, get_origin, get_type_hints

from appliance.errors import ApplianceError


class CatalogueError(ApplianceError, ValueError):
    """A catalogue of texts cannot be used; the message names the entry and what is wrong with it."""


def holes(*names: str) -> Any:
    """A field whose text has exactly these names in braces."""
    return field(metadata={"holes": frozenset(names)})


@dataclass(frozen=True)
class Said:
    """A heading of few words, and what to do next, sentence by sentence."""

    heading: str
    body: tuple[str, ...]


# Lower edge and menu of every screen


@dataclass(frozen=True)
class Foot:
    """What can be touched on every screen, each from the longest to the shortest way to say it.

    `language` is the name of the other language, in that language.
    """

    language: tuple[str, ...]
    larger: tuple[str, ...]
    smaller: tuple[str, ...]
    menu: tuple[str, ...]
    more_time: tuple[str, ...]


@dataclass(frozen=True)
class Menu:
    """The ways to ask for a human, and what is said when one was called, from the longest to the shortest.

    `unheard`: the link is lost, so no desk rings.
    """

    heading: str
    help: str
    no_phone: str
    more_time: str
    back: str
    called: tuple[str, ...]
    called_for_time: tuple[str, ...]
    unheard: tuple[str, ...]


# A payment on the glass


@dataclass(frozen=True)
class Code:
    """The screen with the code."""

    scan: tuple[str, ...]
    """This and the next two from the longest to the shortest way to say it."""
    check_name: tuple[str, ...]
    link_lost: tuple[str, ...]
    and_other_fees: str = holes("count")
    dossier: str = holes("tail")
    and_other_dossiers: str = holes("tail", "count")
    payer: str = holes("payer")
    bank: str = holes()
    account: str = holes()
    memo: str = holes()
    time_left: str = holes()
    time_nearly_up: str = holes()


@dataclass(frozen=True)
class Checking:
    """The clerk asks the bank. `wait` is what the citizen should do."""

    heading: str
    wait: str


@dataclass(frozen=True)
class OnBehalf:
    """The clerk pays for somebody without a telephone."""

    heading: str
    body: str


# Nobody is paying


@dataclass(frozen=True)
class Idle:
    """How it works, the date, and two sentences that always stand. `weekdays` from Monday."""

    heading: str
    steps: tuple[str, str, str]
    last_step_without_slip: str
    warning: tuple[str, str]
    weekdays: tuple[str, str, str, str, str, str, str]
    date: str = holes("weekday", "day", "month", "year")


@dataclass(frozen=True)
class Cards:
    """What an idle glass tells people when the office has sent no cards of its own."""

    fraud: Said
    fire: Said
    paying: Said


@dataclass(frozen=True)
class Asleep:
    """On a dark glass, every language at once."""

    wake: str


# A payment has ended


@dataclass(frozen=True)
class Notices:
    """How a payment ended, what becomes of its slip, and what can be touched then.

    Those for whom the clerk has to look share a heading; each says what happened, what not to do, and who helps.
    The touches each from the longest to the shortest way to say it.
    """

    paid: str
    slip_due: str
    slip_printed: str
    slip_waiting: str
    slip_unsure: str
    slip_uncopied: str
    thanks: str
    waived: Said
    expired: Said
    cancelled: Said
    see_clerk: str
    underpaid: tuple[str, str, str]
    overpaid: tuple[str, str, str]
    late: tuple[str, str, str]
    refused: tuple[str, str, str]
    copy: tuple[str, ...]
    stay: tuple[str, ...]
    done: tuple[str, ...]


# The counter itself


@dataclass(frozen=True)
class Outages:
    """Why nobody is served: a sentence for citizens and what to do instead, and a technician's next steps."""

    heading: str
    instead: str
    code: str = holes("code")
    seed_missing: str = holes()
    seed_wrong: str = holes()
    journal: str = holes()
    device: str = holes()
    technician: str = holes()


@dataclass(frozen=True)
class Boots:
    """The steps of a counter that does not serve yet: what it does, and what a technician may have to do."""

    starting: Said
    network: Said
    clock: Said
    enrolling: Said
    enrolled: Said
    refused: Said


@dataclass(frozen=True)
class Technician:
    """The guarded page: its PIN, its lock, what it says of the counter's health, and what it can do."""

    pin: str
    erase: str
    leave: str
    locked: str
    heading: str
    counter: str
    software: str
    broker: str
    printer: str
    outbox: str
    set_aside: str
    trouble: str
    since: str
    nothing: str
    test_slip: str
    test_sound: str
    day_end: str
    close: str
    open: str
    restart: str
    tries_left: str = holes("left")
    last_try: str = holes()
    wait: str = holes("minutes")
    is_open: str = holes()
    is_closed: str = holes()


@dataclass(frozen=True)
class States:
    """What a printer says of itself, in words."""

    ready: str
    paper_low: str
    paper_out: str
    cover_open: str
    cutter_fault: str
    overheated: str
    offline: str
    unknown: str


@dataclass(frozen=True)
class Texts:
    """The sentences of one language."""

    foot: Foot
    menu: Menu
    code: Code
    checking: Checking
    on_behalf: OnBehalf
    idle: Idle
    cards: Cards
    asleep: Asleep
    offline: Said
    preparing: Said
    notices: Notices
    outage: Outages
    boot: Boots
    technician: Technician
    states: States


def parse(toml_text: str) -> Texts:
    """Read a catalogue. Raises `CatalogueError` for what is no TOML, missing, unknown, empty, or has other braces."""
    try:
        table = tomllib.loads(toml_text)
    except (ValueError, RecursionError) as error:
        raise CatalogueError(f"no TOML: {error}") from error
    texts: Texts = _group(Texts, table, "")
    return texts


def _group(shape: type, table: object, where: str) -> Any:
    """One table of the catalogue, as the dataclass that it must agree with."""
    if not isinstance(table, Mapping):
        raise CatalogueError(f"{where}: a table [{where}] is expected")
    asked = {known.name: _wanted(known) for known in fields(shape)}
    if unknown := sorted(table.keys() - asked.keys()):
        raise CatalogueError(f"{_path(where, unknown[0])}: nothing says this; is it misspelt?")
    types = get_type_hints(shape)
    read: dict[str, object] = {}
    for name, wanted in asked.items():
        path = _path(where, name)
        if name not in table:
            raise CatalogueError(f"{path}: missing")
        read[name] = _entry(types[name], table[name], path, wanted)
    return shape(**read)


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _wanted(known: Field[Any]) -> frozenset[str]:
    """What has to stand in braces."""
    names: frozenset[str] = known.metadata.get("holes", frozenset())
    return names


def _entry(kind: Any, value: object, path: str, wanted: frozenset[str]) -> object:
    if is_dataclass(kind) and isinstance(kind, type):
        return _group(kind, value, path)
    if get_origin(kind) is tuple:
        return _list(get_args(kind), value, path, wanted)
    return _sentence(value, path, wanted)


def _list(kinds: tuple[Any, ...], value: object, path: str, wanted: frozenset[str]) -> tuple[object, ...]:
    """So many sentences as there are kinds; any number from one, if the tuple is open."""
    is_open = isinstance(kinds[-1], EllipsisType)
    if not isinstance(value, list) or not value or (not is_open and len(value) != len(kinds)):
        raise CatalogueError(f"{path}: a list of {'one or more' if is_open else len(kinds)} is expected")
    return tuple(_entry(kinds[0], item, f"{path}[{number}]", wanted) for number, item in enumerate(value, 1))


def _sentence(value: object, path: str, wanted: frozenset[str]) -> str:
    if not isinstance(value, str) or not value.strip():
        raise CatalogueError(f"{path}: a text in quotes is expected")
    if _names_in(value, path) != wanted:
        expected = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "none"
        raise CatalogueError(f"{path}: its braces must be {expected}")
    return value


def _names_in(text: str, path: str) -> frozenset[str]:
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError as error:
        raise CatalogueError(f"{path}: {error}") from error
