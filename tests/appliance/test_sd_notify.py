"""The line to systemd, heard by a socket that stands where systemd's would."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.sd_notify import Notifier
from tests.support.systemd import Manager


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    listening = Manager(str(tmp_path / "notify"))
    yield listening
    listening.close()


def test_a_service_tells_its_whole_life(manager: Manager, tmp_path: Path) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"})
    notifier.ready()
    notifier.status("chờ thanh toán\nREADY=0")
    notifier.watchdog()
    notifier.stopping()
    assert manager.heard() == ["READY=1", "STATUS=chờ thanh toán READY=0", "WATCHDOG=1", "STOPPING=1"]


def test_the_ping_is_due_at_half_the_time_that_systemd_allows(tmp_path: Path) -> None:
    assert Notifier({"NOTIFY_SOCKET": str(tmp_path), "WATCHDOG_USEC": "30000000"}).watchdog_interval_s == 15.0


@pytest.mark.parametrize(
    "environ",
    [{}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}],
)
def test_who_is_not_watched_does_not_ping(manager: Manager, tmp_path: Path, environ: dict[str, str]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), **environ})
    assert notifier.watchdog_interval_s is None
    notifier.watchdog()
    assert manager.heard() == []


def test_a_loop_that_turns_sixty_times_a_second_does_not_wake_systemd_as_often(
    manager: Manager, tmp_path: Path
) -> None:
    turns = iter(range(60 * 30))
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}
    notifier = Notifier(environ, lambda: next(turns) / 60)
    for _ in range(60 * 30):
        notifier.watchdog()
    assert manager.heard() == ["WATCHDOG=1"] * 4


def test_the_watched_process_itself_pings(manager: Manager, tmp_path: Path) -> None:
    socket_name = str(tmp_path / "notify")
    environ = {"NOTIFY_SOCKET": socket_name, "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid())}
    Notifier(environ).watchdog()
    assert manager.heard() == ["WATCHDOG=1"]


def test_an_abstract_socket_is_reached_too() -> None:
    listening = Manager(f"\0quaythu-test-{os.getpid()}")
    Notifier({"NOTIFY_SOCKET": f"@quaythu-test-{os.getpid()}"}).ready()
    assert listening.heard() == ["READY=1"]
    listening.close()


def test_on_a_laptop_without_systemd_nothing_is_said() -> None:
    notifier = Notifier({"WATCHDOG_USEC": "30000000"})
    notifier.ready()
    notifier.watchdog()
    assert notifier.watchdog_interval_s is None


def test_a_deaf_manager_never_stops_the_counter(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).ready()
