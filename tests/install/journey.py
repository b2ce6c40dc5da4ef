"""From an empty directory to a Debian that runs both roles, and back. Called by provisioning/test-install, as root.

Standard library only: it runs before any environment exists. The machine has a network of its own (loopback and
nothing else), the site's real mosquitto with mTLS, and virtual glass and paper.
"""

import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCES = (
    "appliance",
    "drivers",
    "mqtt_schema",
    "provisioning",
    "systemd",
    "setup.cfg",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
PACKAGES = "systemd,systemd-sysv,udev,kmod,python3,python3-venv,ca-certificates,mosquitto"
ROLES = ("counter", "office")
SITE, COUNTER = "hoan-kiem", "quay-01"
HERE = "/srv/quaythu"
SECRET = "a secret of the test"

VALUES = {
    "SITE": SITE,
    "COUNTER": COUNTER,
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

# What an operating system writes about itself when it boots; and accounts, which stay for the data they own.
OF_THE_SYSTEM = re.compile(
    r"^(run|tmp|proc|sys|dev|var/(log|cache|tmp|spool)|var/lib/(systemd|mosquitto|dbus|private)|etc/mosquitto|srv)(/|$)"
    r"|^(etc|var)/\.updated$|^etc/(sysusers\.d|machine-id|resolv\.conf|hostname|\.pwd\.lock|(passwd|group|shadow|gshadow)-?)$"
)
# Settings, keys and payments; and the site's certificates, which the journey itself put into root's home.
LEFT_ON_PURPOSE = re.compile(r"^(etc|var/lib)/quaythu(/|$)|^root(/|$)")


class JourneyError(RuntimeError):
    """A step of the journey did not happen; the message says which and what was seen."""


class Root:
    """A Debian below a directory."""

    def __init__(self, path: Path, suite: str) -> None:
        self.path = path
        self.suite = suite

    def make(self) -> None:
        """Make it from the mirror that this host uses, and put the sources where a technician would clone them."""
        sources = Path("/etc/apt/sources.list.d/debian.sources").read_text("utf-8")
        mirror = re.findall(r"^URIs:\s*(\S+)", sources, re.MULTILINE)[0]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        run(
            "mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}",
            "--aptopt=APT::Install-Recommends \"false\"", "--dpkgopt=path-exclude=/usr/share/man/*",
            "--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/doc/*",
            self.suite, str(self.path), mirror,
        )  # fmt: skip
        for name in SOURCES:
            source, target = CHECKOUT / name, self.path / "srv" / "quaythu" / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)

    def install(self, role: str, *options: str) -> str:
        """Run the installer from outside, as for an image."""
        program = self.path / "srv" / "quaythu" / "provisioning" / "install"
        return run(str(program), role, "--root", str(self.path), *options)

    def listing(self) -> dict[str, str]:
        """Every path with its kind, mode, owner and content: what "nothing changed" means."""
        return {str(path.relative_to(self.path)): fingerprint(path) for path in walk(self.path)}


class Machine:
    """That Debian, booted: a real systemd as process 1, in namespaces of its own, without a network."""

    def __init__(self, root: Root) -> None:
        self._root = root
        # Without a systemd on the host nobody can be asked for a unit.
        keep_unit = [] if Path("/run/systemd/system").exists() else ["--keep-unit"]
        # The cgroup switch is for a systemd of Debian 13 on an older host.
        self._nspawn = subprocess.Popen(
            [
                "systemd-nspawn", "--quiet", "--register=no", *keep_unit, "--private-network", "--boot",
                "--console=pipe", "--resolv-conf=off", "--timezone=off", "--machine=quaythu-test",
                "--setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1", f"--directory={root.path}",
            ],
            stdin=subprocess.DEVNULL, stdout=(root.path.parent / "console.log").open("wb"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._leader = ""

    def wait_until_up(self) -> None:
        """Wait until systemd has finished starting, whatever it thinks of the result."""
        self._leader = until(self._find_leader, 20, "systemd-nspawn starts a process 1")
        until(lambda: self._state() in {"running", "degraded"}, 60, "systemd has booted")

    def _find_leader(self) -> str:
        if self._nspawn.poll() is not None:
            raise JourneyError(
                "systemd-nspawn cannot boot here (it needs root, namespaces and cgroups): see console.log"
            )
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text("utf-8").split()
        return children[0] if children else ""

    def _state(self) -> str:
        return self.try_run("systemctl", "is-system-running").stdout.strip()

    def try_run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in there."""
        inside = [
            "nsenter",
            f"--target={self._leader}",
            "--all",
            "--",
            "env",
            "-i",
            "PATH=/usr/sbin:/usr/bin",
            "LANG=C.UTF-8",
        ]
        return subprocess.run([*inside, *command], capture_output=True, text=True, check=False)

    def run(self, *command: str) -> str:
        """Run a command in there that has to end well."""
        done = self.try_run(*command)
        if done.returncode:
            raise JourneyError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def show(self, role: str, name: str) -> str:
        """One property of a role's unit."""
        return self.run("systemctl", "show", f"quaythu-{role}", f"--property={name}", "--value").strip()

    def journal(self) -> str:
        """The last words of both roles."""
        return self.try_run("journalctl", "--no-pager", "-n", "60", "-u", "quaythu-*", "-u", "mosquitto").stdout

    def halt(self) -> None:
        """Power off; by force when it does not want to."""
        self.try_run("systemctl", "poweroff")
        try:
            self._nspawn.wait(20)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()


def run(*command: str) -> str:
    """Run a command on the host that has to end well."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise JourneyError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def walk(folder: Path) -> Iterator[Path]:
    """Every path below a folder; symbolic links are not followed."""
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent) / name for name in (*folders, *files))


def fingerprint(path: Path) -> str:
    """Kind, mode, owner and content of one path."""
    found = path.lstat()
    content = ""
    if stat.S_ISLNK(found.st_mode):
        content = str(path.readlink())
    elif stat.S_ISREG(found.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{found.st_mode:o} {found.st_uid} {found.st_gid} {content}"


def until(question: Callable[[], T], patience_s: float, what: str) -> T:
    """Ask until the answer is true. Raises `JourneyError` when patience is over."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.2)
    raise JourneyError(f"in {patience_s:g} s it did not happen that {what}")


def expect(truth: bool, otherwise: str) -> None:
    """Raise `JourneyError` unless it is true."""
    if not truth:
        raise JourneyError(otherwise)


def differences(before: dict[str, str], after: dict[str, str], allowed: re.Pattern[str] = OF_THE_SYSTEM) -> list[str]:
    """Name what is new, gone or other, leaving out what is allowed and what a system writes about itself."""
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    told = [name for name in names if not OF_THE_SYSTEM.search(name) and not allowed.search(name)]
    return [f"{name}: {before.get(name, 'not there')} -> {after.get(name, 'not there')}" for name in told]


# --- the steps ------------------------------------------------------------------------------------------------------


def installing_twice_changes_nothing(root: Root) -> None:
    """Both roles, from outside; then both again."""
    for role in ROLES:
        root.install(role)
    once = root.listing()
    for role in ROLES:
        expect(
            "nothing changed" in root.install(role),
            f"the second installation of the {role} says that it changed things",
        )
    changed = differences(once, root.listing())
    expect(not changed, f"a second installation changed {changed}")
    expect(not list(root.path.glob("etc/quaythu/*.jwk")), "an image carries a signing key")


def systemd_finds_nothing_to_complain_of(root: Root) -> None:
    """The installed units, in the place where they are installed."""
    units = [f"quaythu-{role}.service" for role in ROLES]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={root.path}", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "quaythu" in line]
    expect(done.returncode == 0 and not ours, f"systemd-analyze verify: {done.stderr}")


def an_image_can_be_cleaned(root: Root, fresh: dict[str, str]) -> None:
    """Uninstalling with --purge below --root leaves the root as it was, but for accounts. Tried on a copy."""
    copy = Root(root.path.with_name("copy"), root.suite)
    run("cp", "-a", "--reflink=auto", str(root.path), str(copy.path))
    for role in ROLES:
        copy.install(role, "--uninstall", "--purge")
    left = differences(fresh, copy.listing())
    shutil.rmtree(copy.path)
    expect(not left, f"--uninstall --purge leaves {left}")


def the_machine_makes_its_own_keys(machine: Machine) -> dict[str, dict[str, str]]:
    """The installer again, in the running machine: only keys are new. Returns the public keys by role."""
    keys = {}
    for role in ROLES:
        said = machine.run(f"{HERE}/provisioning/install", role)
        found = re.search(r"^\{.*\}$", said, re.MULTILINE)
        expect(found is not None, f"no public key in what the installer said:\n{said}")
        keys[role] = json.loads(found[0] if found else "{}")
        expect("wrote" not in said, f"the installer wrote more than a key:\n{said}")
        private = machine.run("stat", "--format=%a %U:%G", f"/etc/quaythu/{role}.jwk").strip()
        expect(private == f"640 root:quaythu-{role}", f"the {role}'s key is {private}")
    return keys


def the_site_has_its_broker(machine: Machine) -> None:
    """Certificates, mosquitto with mTLS, and each machine's certificates in their place."""
    folder = "/root/certificates"
    arguments = ["--site", SITE, "--broker", "127.0.0.1", "--counter", COUNTER]
    machine.run(f"{HERE}/provisioning/certificates", folder, *arguments)
    machine.run(f"{HERE}/provisioning/mosquitto/install", SITE, folder)
    machine.run("cp", "-r", f"{folder}/office/.", "/etc/quaythu/office/")
    machine.run("cp", "-r", f"{folder}/counters/{COUNTER}/.", "/etc/quaythu/counter/")
    until(lambda: machine.try_run("systemctl", "is-active", "mosquitto").returncode == 0, 10, "mosquitto runs")


def settings_are_written(root: Root, keys: dict[str, dict[str, str]]) -> None:
    """The shipped examples, filled in; glass and paper are virtual here."""
    values = VALUES | {
        f"{role.upper()}-{name}": keys[role][member]
        for role in ROLES
        for name, member in (("KEY", "x"), ("KEY-ID", "kid"))
    }
    for role in ROLES:
        example = (root.path / f"etc/quaythu/{role}.toml.example").read_text("utf-8")
        text = re.sub(r"REPLACE-([A-Z-]+)", lambda found: values[found[1]], example)
        text = text.replace('driver = "kmsdrm"', 'driver = "virtual"').replace('driver = "file"', 'driver = "virtual"')
        (root.path / f"etc/quaythu/{role}.toml").write_text(text, "utf-8")
    (root.path / "etc/quaythu/office/sepay.secret").write_text(SECRET + "\n", "utf-8")


def both_roles_live(machine: Machine) -> None:
    """READY=1 (or `systemctl restart` would not return) and then WATCHDOG=1, by systemd's own books."""
    for role in ROLES:
        said = machine.try_run(f"/opt/quaythu/{role}/bin/quaythu", "seed", "check", f"/etc/quaythu/{role}.toml")
        expect(said.returncode == 0, f"the settings of the {role}: {said.stdout}{said.stderr}")
        machine.run("systemctl", "restart", f"quaythu-{role}")
    for role in ROLES:
        expect(machine.show(role, "ActiveState") == "active", f"the {role} is not active")
        until(partial(pinged, machine, role), 25, f"the {role} sends WATCHDOG=1")


def no_key_leaves_the_counter(machine: Machine) -> None:
    """What a keyboard that somebody plugs in would need: another console, a reboot key, the magic key."""
    state = machine.try_run("systemctl", "is-enabled", "ctrl-alt-del.target").stdout.strip()
    expect(state == "masked", f"ctrl-alt-del.target is {state}")
    logind = machine.run("systemd-analyze", "cat-config", "systemd/logind.conf")
    expect("NAutoVTs=0" in logind, "logind would open consoles")
    manager = machine.run("systemd-analyze", "cat-config", "systemd/system.conf")
    expect("CtrlAltDelBurstAction=none" in manager, "seven times Ctrl-Alt-Del would reboot")


def installing_again_disturbs_nobody(machine: Machine, root: Root) -> None:
    """The installer on a machine that works: settings and processes stay, and the settings are judged."""
    for role in ROLES:
        settings = root.path / f"etc/quaythu/{role}.toml"
        before = (settings.read_bytes(), machine.show(role, "MainPID"))
        said = machine.run(f"{HERE}/provisioning/install", role)
        expect("nothing changed" in said and "Next:" not in said, f"the installer says to a working {role}:\n{said}")
        expect(before == (settings.read_bytes(), machine.show(role, "MainPID")), f"the {role} was disturbed")


def pinged(machine: Machine, role: str) -> bool:
    """Whether a WATCHDOG=1 came after READY=1."""
    ready = int(machine.show(role, "ActiveEnterTimestampMonotonic"))
    return int(machine.show(role, "WatchdogTimestampMonotonic")) > ready


ASK = """
import sys, urllib.request
path, body, *headers = sys.argv[1:]
headers = dict(zip(headers[::2], headers[1::2]))
request = urllib.request.Request("http://127.0.0.1:8700" + path, body.encode() or None, headers)
print(urllib.request.urlopen(request, timeout=10).read().decode())
"""


def ask(machine: Machine, path: str, body: str = "", **headers: str) -> dict[str, Any]:
    """Call the office's API in there."""
    pairs = [word for name, value in headers.items() for word in (name.replace("_", "-"), value)]
    answer = json.loads(machine.run("python3", "-c", ASK, path, body, "Content-Type", "application/json", *pairs))
    return dict(answer)


def a_payment_is_shown(machine: Machine) -> dict[str, Any]:
    """Created over the API, signed, carried by mTLS, checked, painted, reported back."""
    line = {"dossier": "H26.15-261122-0001", "fee_code": VALUES["FEE-CODE"], "amount": 4000}
    # It insists: whether a printer without a status line counts as ready is not what this journey is about.
    order = json.dumps({"counter": COUNTER, "lines": [line], "insists": True})
    made = ask(machine, "/api/v1/payments", order, Idempotency_Key="install-journey")
    until(partial(is_past, machine, made["id"], "displayed"), 15, "the counter reports the code as displayed")
    return made


def is_past(machine: Machine, payment: str, milestone: str) -> bool:
    """Whether a payment's time line has this milestone."""
    return any(moment["milestone"] == milestone for moment in ask(machine, f"/api/v1/payments/{payment}")["timeline"])


def that_payment_is_paid_and_printed_once(machine: Machine, made: dict[str, Any]) -> None:
    """The bank's notification, signed as SePay signs, reaches the office after all that."""
    body = json.dumps(
        {
            "id": 1,
            "gateway": VALUES["BANK"],
            "transactionDate": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 7 * 3600)),
            "accountNumber": VALUES["ACCOUNT"],
            "subAccount": None,
            "code": None,
            "content": f"MBVCB.1.{made['reference']}.CT tu 0011",
            "transferType": "in",
            "description": "",
            "transferAmount": made["amount"],
            "accumulated": 0,
            "referenceCode": "MBVCB.1",
        }
    )
    now = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    ask(machine, "/intake/sepay", body, X_SePay_Timestamp=now, X_SePay_Signature=f"sha256={signature}")
    until(partial(is_past, machine, made["id"], "printed"), 20, "the slip is printed")
    after = ask(machine, f"/api/v1/payments/{made['id']}")
    prints = [moment for moment in after["timeline"] if moment["milestone"] == "printed"]
    expect((after["state"], after["slip"], len(prints)) == ("paid", "printed", 1), f"in the end the payment is {after}")


def the_dead_and_the_hung_come_back(machine: Machine) -> None:
    """One role is killed, the other frozen: systemd brings both back, each with a new process."""
    before = {role: machine.show(role, "MainPID") for role in ROLES}
    for role, blow in (("office", "KILL"), ("counter", "STOP")):
        machine.run("systemctl", "kill", "--kill-who=main", f"--signal={blow}", f"quaythu-{role}")
    for role in ("office", "counter"):
        until(partial(is_reborn, machine, role, before[role]), 60, f"the {role} is back")


def is_reborn(machine: Machine, role: str, old: str) -> bool:
    """Whether the role is active with another main process."""
    return machine.show(role, "MainPID") not in {old, "0"} and machine.show(role, "ActiveState") == "active"


def taken_away_only_settings_and_payments_stay(machine: Machine, root: Root, fresh: dict[str, str]) -> None:
    """Uninstalled in the running machine, without --purge."""
    for role in ROLES:
        machine.run(f"{HERE}/provisioning/install", role, "--uninstall")
        expect(machine.try_run("systemctl", "is-active", f"quaythu-{role}").returncode != 0, f"the {role} still runs")
    kept = root.listing()
    left = differences(fresh, kept, LEFT_ON_PURPOSE)
    expect(not left, f"--uninstall leaves {left}")
    for role in ROLES:
        expect(f"etc/quaythu/{role}.toml" in kept, f"the {role}'s settings are gone")
        expect(any(name.startswith(f"var/lib/quaythu/{role}/") for name in kept), f"what the {role} stored is gone")


class Steps:
    """Says what is done, how long it took, and what was seen when it was not."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def do(self, step: Callable[..., T], *arguments: object) -> T:
        """Do one step."""
        begin = time.monotonic()
        print(f"{begin - self._start:6.1f} s  {step.__name__.replace('_', ' ')} ... ", end="", flush=True)
        outcome = step(*arguments)
        print(f"yes ({time.monotonic() - begin:.1f} s)", flush=True)
        return outcome


def journey(folder: Path, suite: str) -> None:
    """All steps in their order. Raises `JourneyError`."""
    steps = Steps()
    root = Root(folder / suite, suite)
    steps.do(root.make)
    fresh = root.listing()
    steps.do(installing_twice_changes_nothing, root)
    steps.do(systemd_finds_nothing_to_complain_of, root)
    steps.do(an_image_can_be_cleaned, root, fresh)
    machine = Machine(root)
    try:
        steps.do(machine.wait_until_up)
        keys = steps.do(the_machine_makes_its_own_keys, machine)
        steps.do(the_site_has_its_broker, machine)
        steps.do(settings_are_written, root, keys)
        steps.do(both_roles_live, machine)
        steps.do(no_key_leaves_the_counter, machine)
        steps.do(installing_again_disturbs_nobody, machine, root)
        payment = steps.do(a_payment_is_shown, machine)
        steps.do(the_dead_and_the_hung_come_back, machine)
        steps.do(that_payment_is_paid_and_printed_once, machine, payment)
        steps.do(taken_away_only_settings_and_payments_stay, machine, root, fresh)
    except JourneyError:
        print(f"no\n{machine.journal()}")
        raise
    finally:
        machine.halt()


def main() -> int:
    """Make the journey; returns the exit code."""
    # Whoever ends this ends the machine too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    suite = os.environ.get("SUITE", "bookworm")
    folder = CHECKOUT / "build" / "test-install"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        journey(folder, suite)
    except JourneyError as error:
        print(f"test-install: {error}", file=sys.stderr)
        return 1
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder / suite, ignore_errors=True)
            shutil.rmtree(folder / "copy", ignore_errors=True)
    print(f"test-install: both roles were installed, lived and left on {suite}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
