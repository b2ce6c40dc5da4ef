"""The commands and their options: `quaythu counter`, `office`, `push`, `keys`, `seed`, `demo`, and its hidden parts."""

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
    wait: Annotated[bool, typer.Option(help="Wait until it is paid, expired or cancelled.")] = False,
) -> None:
    """Create a payment from any PC's command line, as the desk would."""
    from appliance.push import PushError, PushOrder, push_and_wait

    order = PushOrder(counter, dossier, fee, quantity, amount, payer, clerk, waiver, on_behalf)
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
    import json

    from mqtt_schema import signing

    key = signing.new_key(key_id)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused(f"{out} cannot be made: {error.strerror}. A key is never overwritten") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(signing.private_jwk(key) + "\n")
    typer.echo(json.dumps(signing.public_jwk(key)))


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
