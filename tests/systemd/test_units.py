"""The units, judged by systemd itself and by what they promise to each other."""

import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
ROLES = ("counter", "office")
EXPOSURE_TENTHS = 30

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is not installed here: apt-get install systemd makes this test run",
)


def unit(role: str) -> dict[str, dict[str, list[str]]]:
    """Sections of a unit, each key with all its values in order."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in (SYSTEMD / f"quaythu-{role}.service").read_text("utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            current.setdefault(key, []).append(value)
    return sections


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@needs_systemd
@pytest.mark.parametrize("role", ROLES)
def test_systemd_finds_nothing_to_complain_of(role: str, tmp_path: Path) -> None:
    program = tmp_path / "quaythu"
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    text = (SYSTEMD / f"quaythu-{role}.service").read_text("utf-8")
    copy = tmp_path / f"quaythu-{role}.service"
    # The environment of the role is not on this machine: any program stands for it.
    copy.write_text(text.replace(f"/opt/quaythu/{role}/bin/quaythu", str(program)), "utf-8")
    verdict = analyze("verify", "--man=no", copy)
    ours = [line for line in verdict.stderr.splitlines() if "quaythu" in line]
    assert (verdict.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize("role", ROLES)
def test_a_service_that_is_broken_into_can_do_little(role: str) -> None:
    verdict = analyze(
        "security", "--offline=true", f"--threshold={EXPOSURE_TENTHS}", SYSTEMD / f"quaythu-{role}.service"
    )
    assert verdict.returncode == 0, verdict.stdout[-200:]


@pytest.mark.parametrize("role", ROLES)
def test_a_service_that_hangs_or_ends_is_started_again_within_limits(role: str) -> None:
    service = unit(role)["Service"]
    assert (service["Type"], service["WatchdogSec"], service["Restart"]) == (["notify"], ["30"], ["always"])
    # The limit must be reachable: so many restarts, each after its pause, fit into the interval.
    limits = unit(role)["Unit"]
    seconds_of_pauses = int(limits["StartLimitBurst"][0]) * int(service["RestartSec"][0])
    assert seconds_of_pauses < int(limits["StartLimitIntervalSec"][0])


def test_the_glass_waits_for_no_network() -> None:
    waits = " ".join(value for key in ("After", "Wants", "Requires") for value in unit("counter")["Unit"].get(key, []))
    assert "network" not in waits
    assert "mosquitto" not in waits


@pytest.mark.parametrize("role", ROLES)
def test_a_service_has_a_user_and_groups_that_exist_on_every_machine(role: str) -> None:
    service = unit(role)["Service"]
    lines = (SYSTEMD / f"quaythu-{role}.sysusers.conf").read_text("utf-8").splitlines()
    made = {line.split()[1] for line in lines if line and not line.startswith("#")}
    groups = set(" ".join(service.get("SupplementaryGroups", [])).split())
    assert {*service["User"], *groups} == made


def test_every_serial_line_that_the_counter_may_open_has_its_module_loaded() -> None:
    devices = {value.split()[0] for value in unit("counter")["Service"]["DeviceAllow"]}
    modules = (SYSTEMD / "quaythu-counter.modules-load.conf").read_text("utf-8").split()
    assert {"char-ttyUSB", "char-ttyACM", "char-usb"} <= devices
    assert {"usbserial", "cdc_acm", "usblp"} <= set(modules)
    assert "systemd-modules-load.service" in unit("counter")["Unit"]["After"][0]


def test_the_office_sees_no_device_at_all() -> None:
    assert unit("office")["Service"]["PrivateDevices"] == ["yes"]


@pytest.mark.parametrize("role", ROLES)
def test_directories_in_the_unit_are_those_that_are_made(role: str) -> None:
    service = unit(role)["Service"]
    made = (SYSTEMD / f"quaythu-{role}.tmpfiles.conf").read_text("utf-8")
    assert service["StateDirectory"] == [f"quaythu/{role}"]
    assert f"d /var/lib/quaythu/{role} 0700 quaythu-{role} quaythu-{role} -" in made
    assert f"z /etc/quaythu/{role}.jwk 0640 root quaythu-{role} -" in made


def test_the_shipped_printer_rule_chooses_no_printer() -> None:
    lines = (SYSTEMD / "70-quaythu-counter.rules").read_text("utf-8").splitlines()
    assert all(line.startswith("#") for line in lines)
    examples = [line for line in lines if "SYMLINK" in line]
    assert examples
    # With two devices an unspecific rule lets the last one plugged in win: each example names one device or one socket.
    chosen_by = ("ATTRS{serial}", "KERNELS==", "ID_SERIAL_SHORT", 'KERNEL=="ttyAMA0"')
    assert all(any(word in line for word in chosen_by) for line in examples)
