"""The commands and their options: `quaythu counter`, `office`, `push`, `keys`, `seed`, `audit`, `doctor`, `demo`, …"""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from appliance import waking
from appliance.waking import Refused

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Quầy Thu: the payment counter.")
keys_app = typer.Typer(no_args_is_help=True, help="Signing keys.")
pin_app = typer.Typer(no_args_is_help=True, help="The technician's PIN.")
seed_app = typer.Typer(no_args_is_help=True, help="The settings a machine is born with.")
app.add_typer(keys_app, name="keys")
app.add_typer(seed_app, name="seed")
app.add_typer(pin_app, name="pin")
fleet_app = typer.Typer(no_args_is_help=True, help="Whom counters believe: documents signed with an offline key.")
fleet_key_app = typer.Typer(no_args_is_help=True, help="The fleet key.")
app.add_typer(fleet_app, name="fleet")
fleet_app.add_typer(fleet_key_app, name="key")
audit_app = typer.Typer(no_args_is_help=True, help="What happened, and whether somebody has touched it since.")
retention_app = typer.Typer(no_args_is_help=True, help="What is past its time.")
app.add_typer(audit_app, name="audit")
app.add_typer(retention_app, name="retention")

SettingsPath = Annotated[Path, typer.Option("--settings", help="The settings file.")]


@app.command()
def counter(settings: SettingsPath = Path(waking.SEED)) -> None:
    """Run the counter: screen, printer, panel."""
    waking.light(str(settings))
    waking.run(str(settings))


@app.command()
def office(settings: SettingsPath = Path("/etc/quaythu/office.toml")) -> None:
    """Run the office: desk, API, notification intake, ledger, reports."""
    from appliance import logs
    from appliance.office.app import Office
    from appliance.settings import SettingsError, read_office
    from mqtt_schema.errors import ContractError

    logs.set_up("office")
    try:
        running = Office(read_office(settings))
    except (SettingsError, ContractError, OSError) as error:
        raise Refused(f"quaythu office: {error}") from error
    running.run()


@app.command()
def push(
    dossier: Annotated[str, typer.Option(help="Dossier number, such as H26.1-261122-0001.")],
    fee: Annotated[str, typer.Option(help="The fee's name, free text, or its code in the catalogue.")],
    amount: Annotated[int, typer.Option(help="Đồng for the whole line.")],
    counter: Annotated[str, typer.Option(help="Where the code is to stand.")],
    office: Annotated[str, typer.Option(help="The office's address.")] = "http://127.0.0.1:8700",
    quantity: Annotated[int, typer.Option(help="How many pieces.")] = 1,
    payer: Annotated[str | None, typer.Option(help="Who pays.")] = None,
    clerk: Annotated[str, typer.Option(help="Who asks.")] = "Bộ phận Một cửa",
    waiver: Annotated[str | None, typer.Option(help="Why an amount of 0 is right.")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency key; the same key again makes nothing new.")] = None,
    on_behalf: Annotated[bool, typer.Option(help="The clerk pays for the payer: no code on the glass.")] = False,
    insist: Annotated[bool, typer.Option(help="Create it although something is missing at the counter.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until it is paid, expired or cancelled.")] = False,
) -> None:
    """Create a payment from any PC's command line, as the desk would."""
    from appliance.push import PushError, PushOrder, push_and_wait

    order = PushOrder(counter, dossier, fee, quantity, amount, payer, clerk, waiver, on_behalf, insist)
    try:
        state = push_and_wait(office, order, key, typer.echo, is_waiting=wait)
    except PushError as error:
        raise Refused(str(error)) from error
    if wait and state not in {"paid", "paid_late", "waived"}:
        raise typer.Exit(1)


@keys_app.command("new")
def keys_new(
    key_id: Annotated[str, typer.Option("--id", help="Under which name the public half is known.")],
    out: Annotated[Path, typer.Option(help="Where the private key goes; never overwritten.")],
) -> None:
    """Make a signing key. The private half goes into a file for its owner only, the public half to standard output."""
    _make_key(key_id, out)


@fleet_key_app.command("new")
def fleet_key_new(
    out: Annotated[Path, typer.Option(help="Where the private key goes; never overwritten.")],
    key_id: Annotated[str, typer.Option("--id", help="Under which name the public half is known.")] = "fleet-1",
) -> None:
    """Make the fleet key, on a machine without a network. Its public half goes into the seed of every counter."""
    _make_key(key_id, out)


def _make_key(key_id: str, out: Path) -> None:
    from provisioning.fleet import FleetError, new_key

    try:
        typer.echo(new_key(key_id, out))
    except FleetError as error:
        raise Refused(str(error)) from error


@fleet_app.command("sign")
def fleet_sign(
    orders: Annotated[Path, typer.Argument(help="What the document shall say (TOML).")],
    key: Annotated[Path, typer.Option(help="The private fleet key.")],
    out: Annotated[Path, typer.Option(help="Where the document goes.")],
) -> None:
    """Sign who may speak for the office and whose accounts are allowed, and say it in words."""
    from appliance.clock import SystemClock
    from provisioning import fleet

    try:
        sentences = fleet.sign(key, orders, out, SystemClock().now())
    except fleet.FleetError as error:
        raise Refused(str(error)) from error
    typer.echo("\n".join(sentences))


@fleet_app.command("show")
def fleet_show(
    document: Path,
    keys: Annotated[Path | None, typer.Option(help="A counter's seed, or a file with the public fleet key.")] = None,
) -> None:
    """Check who signed a document, and say in words what it says."""
    from appliance.clock import SystemClock
    from provisioning import fleet

    try:
        sentences = fleet.show(document, keys, SystemClock().now())
    except fleet.FleetError as error:
        raise Refused(str(error)) from error
    typer.echo("\n".join(sentences))


@pin_app.command("new")
def pin_new() -> None:
    """Scramble a PIN of six digits, typed or piped in, into the lines that a counter's seed holds."""
    from appliance.counter.front import Pin

    digits = typer.prompt("PIN", hide_input=True, confirmation_prompt=True, err=True)
    try:
        pin = Pin.of(digits.strip(), os.urandom(16))
    except ValueError as error:
        raise Refused(f"{error}: nothing else can be typed on the glass") from error
    typer.echo(f'[technician]\npin_salt = "{pin.salt}"\npin_digest = "{pin.digest}"')


@seed_app.command("check")
def seed_check(path: Path) -> None:
    """Check the settings of a counter or an office on this machine, and say in words what will not work."""
    from appliance.settings import SettingsError
    from provisioning import seed

    try:
        sentences = seed.check(path)
    except SettingsError as error:
        raise Refused(str(error)) from error
    for sentence in sentences:
        typer.echo(sentence)
    if sentences:
        raise typer.Exit(1)
    typer.echo(f"{path}: all is well")


@audit_app.command("verify")
def audit_verify(
    counter: Annotated[Path | None, typer.Option("--counter", help="A counter's state_dir.")] = None,
    office: Annotated[str | None, typer.Option("--office", help="The URL of an office's database.")] = None,
    settings: Annotated[Path | None, typer.Option("--settings", help="Settings of a counter or an office.")] = None,
    head: Annotated[list[str] | None, typer.Option(help="A head from a day-end slip, or its first 16 digits.")] = None,
) -> None:
    """Find every altered, missing or inserted row, and say which and when. Exit code 1 when there is one."""
    from appliance.audit import verify_counter
    from appliance.errors import ApplianceError
    from provisioning import evidence

    if sum(given is not None for given in (counter, office, settings)) != 1:
        raise Refused("quaythu audit verify: name one of --counter, --office, --settings")
    try:
        if counter is not None:
            verdict = verify_counter(counter / "journal.sqlite", head or ())
        elif office is not None:
            verdict = evidence.verify_office(office, head or ())
        else:
            verdict = evidence.verify(settings or Path(), head or ())
    except (ApplianceError, OSError) as error:
        raise Refused(f"quaythu audit verify: {error}") from error
    typer.echo("\n".join(verdict.sentences))
    if not verdict.is_whole:
        raise typer.Exit(1)


@retention_app.command("purge")
def retention_purge(
    settings: SettingsPath = Path("/etc/quaythu/office.toml"),
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it is only said what would go.")] = False,
) -> None:
    """Say what of an office is past its time, and with --yes blank it. Chain, sums and books stay whole."""
    from appliance.errors import ApplianceError
    from provisioning import evidence

    try:
        sentences = evidence.purge(settings, is_meant=yes)
    except (ApplianceError, OSError) as error:
        raise Refused(f"quaythu retention purge: {error}") from error
    typer.echo("\n".join(sentences))


@app.command()
def doctor(
    settings: Annotated[Path | None, typer.Option("--settings", help="Settings of a counter or an office.")] = None,
    counter: Annotated[bool, typer.Option("--counter", help="Look at the counter of this machine.")] = False,
    office: Annotated[bool, typer.Option("--office", help="Look at the office of this machine.")] = False,
    ask_printer: Annotated[
        bool, typer.Option("--ask-printer", help="Ask the printer too; stop the counter first.")
    ] = False,
) -> None:
    """Say in words what is wrong here and what to do about it. Exit code 1 when something is wrong."""
    from appliance import logs
    from provisioning import doctor as looked

    logs.set_up("doctor")
    if sum((settings is not None, counter, office)) != 1:
        raise Refused("quaythu doctor: name one of --counter, --office, --settings")
    path = settings or Path(waking.SEED if counter else "/etc/quaythu/office.toml")
    checks = looked.examine(path, asks_printer=ask_printer)
    for check in checks:
        typer.echo(str(check))
    if any(check.level is looked.Level.WRONG for check in checks):
        raise typer.Exit(1)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Play one payment without a person, and end.")] = False,
    out: Annotated[Path | None, typer.Option(help="With --once: where pictures, slip, reports, timeline go.")] = None,
    window: Annotated[bool, typer.Option("--window", help="Open the counter as a real window.")] = False,
    port: Annotated[int, typer.Option(help="The page's port; 0 takes a free one.")] = 8600,
    counter: Annotated[str, typer.Option(help="The counter's id.")] = "quay-01",
    fee: Annotated[str, typer.Option(help="The fee's name, free text.")] = "Chứng thực bản sao từ bản chính",
    amount: Annotated[int, typer.Option(help="Đồng.")] = 12_000,
    dossier: Annotated[str, typer.Option(help="Dossier number.")] = "H26.1-261122-0001",
    payer: Annotated[str, typer.Option(help="Who pays.")] = "Nguyễn Văn An",
    bin_: Annotated[str, typer.Option("--bin", help="The beneficiary bank's six digits.")] = "970436",
    account: Annotated[str, typer.Option(help="The beneficiary's account.")] = "0123499999",
    account_name: Annotated[str, typer.Option(help="The beneficiary's name.")] = "UBND PHUONG HOAN KIEM",
    source: Annotated[Literal["desk", "api", "portal"], typer.Option(help="Where the payment comes from.")] = "desk",
) -> None:
    """Play the whole appliance on this machine, with virtual devices, a bank and a portal."""
    from appliance import logs
    from appliance.demo import once as once_play
    from appliance.demo import page
    from appliance.demo.case import Case, CaseError
    from appliance.demo.stage import StageError

    logs.set_up("demo")
    case = Case(counter, fee, amount, dossier, payer, bin_, account, account_name, source)
    try:
        if once:
            raise typer.Exit(once_play.play(case, out or Path("build/demo"), typer.echo))
        page.serve(case, port, typer.echo, is_window=window)
    except (CaseError, StageError) as error:
        raise Refused(f"quaythu demo: {error}") from error


@app.command(hidden=True)
def broker(config: Path) -> None:
    """Run the embedded broker (loopback only; for the demo and the tests)."""
    from iotcore import Broker

    Broker(config_path=str(config)).run_forever()


@app.command(hidden=True)
def bank(office: Annotated[str, typer.Option()], port: Annotated[int, typer.Option()]) -> None:
    """Play the bank; the secret comes from QUAYTHU_SEPAY_SECRET."""
    from appliance import logs
    from appliance.demo import bank as played

    logs.set_up("bank")
    _serve(played.app(played.Bank(office, os.environ["QUAYTHU_SEPAY_SECRET"].encode())), port)


@app.command(hidden=True)
def portal(office: Annotated[str, typer.Option()], port: Annotated[int, typer.Option()]) -> None:
    """Play the public-service portal; the token comes from QUAYTHU_PORTAL_TOKEN."""
    from appliance import logs
    from appliance.demo import portal as played

    logs.set_up("portal")
    _serve(played.app(played.Portal(office, os.environ["QUAYTHU_PORTAL_TOKEN"])), port)


def _serve(server: object, port: int) -> None:
    import uvicorn

    uvicorn.run(server, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)  # type: ignore[arg-type]  # any ASGI app
