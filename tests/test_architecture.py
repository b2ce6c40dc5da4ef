"""The table of who may import whom, enforced: the rows of the design, the pure modules, one importer a danger."""

import ast
import importlib.util
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOPS = ("mqtt_schema", "drivers", "appliance", "provisioning")

MUST_BE_PURE = {
    "appliance.chain",
    "appliance.quiet",
    "appliance.refusals",
    "appliance.timekeeping",
    "appliance.traffic",
    "appliance.counter.aloud",
    "appliance.counter.belief",
    "appliance.counter.day_end",
    "appliance.counter.facts",
    "appliance.counter.memory",
    "appliance.counter.slips",
    "appliance.counter.events",
    "appliance.counter.front",
    "appliance.counter.look",
    "appliance.counter.receipt",
    "appliance.counter.blocks",
    "appliance.counter.screens",
    "appliance.counter.screens.acting",
    "appliance.counter.screens.code",
    "appliance.counter.screens.foot",
    "appliance.counter.screens.menu",
    "appliance.counter.screens.particulars",
    "appliance.counter.session",
    "appliance.counter.shown",
    "appliance.counter.speech",
    "appliance.counter.state",
    "appliance.counter.texts",
    "appliance.demo.case",
    "appliance.office.credit",
    "appliance.office.desk.paper_view",
    "appliance.office.desk.sight",
    "appliance.office.desk.unread",
    "appliance.office.desk.view",
    "appliance.office.discretion",
    "appliance.office.events",
    "appliance.office.matching",
    "appliance.office.notification",
    "appliance.office.notification.errors",
    "appliance.office.notification.sepay",
    "appliance.office.order",
    "appliance.office.outcome",
    "appliance.office.payment",
    "appliance.office.preflight",
    "appliance.office.presence",
    "appliance.office.slips",
    "appliance.office.postings",
    "appliance.office.spoken",
    "appliance.office.state",
    "drivers.escpos",
    "drivers.paper",
    "drivers.printer_status",
    "drivers.profiles",
    "drivers.qr",
    "drivers.scene",
    "drivers.strips",
    "drivers.virtual.print_head",
    "drivers.virtual.printer_voice",
    "mqtt_schema.emv_qr",
    "mqtt_schema.fleet",
    "mqtt_schema.jws",
    "mqtt_schema.last_words",
    "mqtt_schema.messages",
    "mqtt_schema.money",
    "mqtt_schema.signing",
    "mqtt_schema.topics",
    "mqtt_schema.types",
}
"""Row 1, and what it stands on. Whatever else calls itself "Pure:" is held to the same."""

PURE_MAY_IMPORT = {
    # of the standard library: words, numbers and values
    *("abc", "base64", "binascii", "bisect", "collections", "contextlib", "copy", "dataclasses", "datetime"),
    *("decimal", "enum", "functools", "graphlib", "hashlib", "hmac", "html", "io", "itertools", "json", "math"),
    *("operator", "re", "string", "struct", "textwrap", "tomllib", "types", "typing", "unicodedata", "zlib"),
    # of others: models, signatures, QR modules
    *("pydantic", "cryptography", "segno", "zxingcpp"),
}
PURE_BUT = {"drivers.typeface": {"pathlib"}}
"""It reads the widths of the bundled fonts, once; its docstring admits it."""

DISPLAY_VALUES = {"drivers.scene", "drivers.paper", "drivers.qr", "drivers.typeface"}
"""All that row 1 may know of drivers: what can be shown and what can be printed."""

SETTINGS = "appliance.settings"
"""Its models are values that row 1 may hold (names with a capital); its functions read files."""

ONE_IMPORTER = {
    "paho": {"appliance.link"},
    "pygame": {"drivers.display", "drivers.sound", "drivers.window"},
    "serial": {"drivers.printer"},
    "gpiozero": {"drivers.panel"},
    "sqlalchemy": {"appliance.office.engine", "appliance.office.ledger", "appliance.office.tables"},
    "sqlite3": {"appliance.journal", "appliance.chronicle"},
    "iotcore": {"appliance.commands"},
    "zxingcpp": {"appliance.demo.phone", "drivers.qr"},
    "xlsxwriter": {"appliance.office.reports.form"},
    "prometheus_client": {"appliance.office.metrics"},
    "PIL": {"drivers.virtual.slip_picture", "appliance.demo.once", "appliance.demo.phone", "drivers.fonts.generate"},
}
"""Each dangerous library has one importer; sqlalchemy's migrations may stand in a folder of their own."""

MIGRATIONS = "appliance.office.migrations"
BOOKS = "appliance.office.books."
"""The ledger's own pages: together with it they are one importer."""
SCRIPTS = {"mqtt_schema.generate", "drivers.fonts.generate"}
"""Developers' tools. Nothing imports them."""

PROGRAMS = {"appliance.__main__", "appliance.commands", "appliance.waking"}
"""The command line and how a counter wakes up behind it."""

HARDWARE = ("pygame", "serial", "gpiozero")


def top(name: str) -> str:
    """The package in which a module stands at last."""
    return name.split(".", maxsplit=1)[0]


@dataclass(frozen=True)
class Import:
    """One import statement's one module; `names` what was taken from it."""

    module: str
    names: frozenset[str] = frozenset()

    @property
    def top(self) -> str:
        return top(self.module)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the project by its dotted name."""
    found = {}
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


def names() -> list[str]:
    return sorted(modules())


def imports(tree: ast.Module) -> list[Import]:
    """All imports, wherever they stand: a lazy one is a dependency too."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name) for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None, "no relative imports here"
            found += _from(node.module, [alias.name for alias in node.names])
    return found


def _from(module: str, taken: list[str]) -> list[Import]:
    """`from package import module` names a module; `from module import name` does not."""
    inner = [f"{module}.{name}" for name in taken if f"{module}.{name}" in modules()]
    names = frozenset(name for name in taken if f"{module}.{name}" not in modules())
    return [Import(name) for name in inner] + ([Import(module, names)] if names or not inner else [])


def ours(tree: ast.Module) -> list[Import]:
    return [imported for imported in imports(tree) if imported.top in TOPS]


def is_pure(name: str) -> bool:
    return (ast.get_docstring(modules()[name]) or "").startswith("Pure:")


def row(name: str) -> int:
    """The row of the design's table in which a module stands."""
    if top(name) in {"mqtt_schema", "drivers"}:
        return 0
    if is_pure(name) or name in {"appliance", "appliance.counter", "appliance.office"}:
        return 1
    if name in {"appliance.counter.app", "appliance.office.app"} or name.startswith("appliance.demo"):
        return 3
    return 4 if name in PROGRAMS or name.startswith("provisioning") else 2


def is_only_values(imported: Import) -> bool:
    return imported.module == SETTINGS and all(name[0].isupper() for name in imported.names)


@pytest.mark.parametrize("name", names())
def test_the_first_line_of_every_module_says_what_it_is(name: str) -> None:
    docstring = ast.get_docstring(modules()[name])
    assert docstring, f"{name} has no docstring"
    assert len(docstring.splitlines()[0]) > 20


@pytest.mark.parametrize("name", names())
def test_imports_go_downwards_only(name: str) -> None:
    upwards = [
        imported.module
        for imported in ours(modules()[name])
        if row(imported.module) > row(name) and not (row(name) == 1 and is_only_values(imported))
    ]
    assert not upwards, f"{name} (row {row(name)}) imports {upwards}"


@pytest.mark.parametrize("name", [name for name in names() if row(name) == 0])
def test_the_contract_and_the_drivers_know_only_themselves(name: str) -> None:
    strangers = [imported.module for imported in ours(modules()[name]) if imported.top != top(name)]
    assert not strangers, f"{name} imports {strangers}"


def test_what_must_be_pure_says_so() -> None:
    unconfessed = [name for name in sorted(MUST_BE_PURE) if name in modules() and not is_pure(name)]
    assert not unconfessed
    assert not [name for name in sorted(MUST_BE_PURE) if name not in modules()]


@pytest.mark.parametrize("name", [name for name in names() if is_pure(name)])
def test_a_pure_module_imports_no_clock_socket_file_thread_or_chance(name: str) -> None:
    allowed = PURE_MAY_IMPORT | PURE_BUT.get(name, set())
    strangers = {imported.module for imported in imports(modules()[name]) if imported.top not in TOPS}
    assert not {module for module in strangers if top(module) not in allowed}


@pytest.mark.parametrize("name", [name for name in names() if is_pure(name)])
def test_a_pure_module_asks_nobody_for_the_time_and_opens_nothing(name: str) -> None:
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id="open" | "print" | "input" as called):
                    pytest.fail(f"{name}:{node.lineno} calls {called}")
                case ast.Attribute(attr="now" | "utcnow" | "today" as called, value=ast.Name(id="datetime" | "date")):
                    pytest.fail(f"{name}:{node.lineno} asks for the time: {called}")


@pytest.mark.parametrize("name", [name for name in names() if row(name) == 1])
def test_the_pure_cores_know_devices_only_as_values(name: str) -> None:
    devices = {imported.module for imported in ours(modules()[name]) if imported.top == "drivers"}
    assert not devices - DISPLAY_VALUES - {"drivers"}


@pytest.mark.parametrize("name", [name for name in names() if row(name) < 4])
def test_programs_never_import_each_other(name: str) -> None:
    programs = {"appliance.counter.app", "appliance.office.app", *PROGRAMS} - {name}
    assert not programs & {imported.module for imported in ours(modules()[name])}


@pytest.mark.parametrize(
    ("side", "other", "may"),
    [
        ("appliance.counter", "appliance.office", set()),
        ("appliance.office", "appliance.counter", set()),
        ("appliance.office", "appliance.demo", set()),
        ("appliance.counter", "appliance.demo", set()),
        ("appliance.demo", "appliance.counter", set()),
        ("appliance.demo", "appliance.office", {"appliance.office.notification.sepay"}),
    ],
)
def test_counter_office_and_demo_keep_apart(side: str, other: str, may: set[str]) -> None:
    crossing = {
        (name, imported.module)
        for name in names()
        if name == side or name.startswith(f"{side}.")
        for imported in ours(modules()[name])
        if imported.module == other or imported.module.startswith(f"{other}.")
    }
    assert not {(name, module) for name, module in crossing if module not in may}


@pytest.mark.parametrize("library", sorted(ONE_IMPORTER))
def test_each_dangerous_library_has_one_importer(library: str) -> None:
    importers = {
        name
        for name, tree in modules().items()
        if library in {imported.top for imported in imports(tree)} and not name.startswith((MIGRATIONS, BOOKS))
    }
    assert importers <= ONE_IMPORTER[library]


def test_there_are_no_circles() -> None:
    graph = {name: {imported.module for imported in ours(tree)} - {name} for name, tree in modules().items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_nobody_imports_a_developers_tool() -> None:
    users = {(name, i.module) for name, tree in modules().items() for i in ours(tree) if i.module in SCRIPTS}
    assert not users


def test_nobody_takes_a_private_name_from_a_neighbour() -> None:
    taken = {
        (name, imported.module, taken)
        for name, tree in modules().items()
        for imported in ours(tree)
        for taken in imported.names
        if taken.startswith("_") and taken != "__version__"
    }
    assert not taken


_WITHOUT = """
import importlib, sys
blocked = set(sys.argv[1].split(","))
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
for name in sys.argv[2:]:
    importlib.import_module(name)
loaded = {name.split(".")[0] for name in sys.modules} & blocked
assert not loaded, loaded
"""


def import_without(blocked: tuple[str, ...], wanted: list[str]) -> None:
    """Import modules in a process in which some libraries do not exist."""
    command = [sys.executable, "-W", "error", "-c", _WITHOUT, ",".join(blocked), *wanted]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr


def test_on_a_laptop_without_any_hardware_library_every_driver_imports() -> None:
    import_without((*HARDWARE, "paho"), [name for name in names() if row(name) == 0 and name not in SCRIPTS])


def test_the_cores_import_where_only_the_contract_is_installed() -> None:
    servers = ("paho", "sqlalchemy", "fastapi", "uvicorn", "httpx", "iotcore", "typer", "sqlite3")
    import_without((*HARDWARE, *servers), [name for name in names() if row(name) == 1])


def test_every_module_imports_without_the_hardware_libraries() -> None:
    is_tool = SCRIPTS | {"appliance.demo.phone"}
    import_without(HARDWARE, [name for name in names() if name not in is_tool and not name.startswith(MIGRATIONS)])


def test_the_office_imports_without_a_screen_or_a_printer() -> None:
    assert importlib.util.find_spec("PIL"), "else this test would prove nothing"
    import_without((*HARDWARE, "PIL", "iotcore", "zxingcpp"), ["appliance.office.app", "appliance.settings"])
