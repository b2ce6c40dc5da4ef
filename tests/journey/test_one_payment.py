"""One payment through real processes, real broker, real pixels, as `make demo ARGS=--once` plays it."""

import json
from pathlib import Path

import pytest

from appliance.demo.case import Case, Source
from appliance.demo.once import Play, play
from appliance.demo.stage import Stage

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("source", ["desk", "api", "portal"])
def test_all_six_steps_happen_whoever_sends_the_dossier(source: Source, tmp_path: Path) -> None:
    said: list[str] = []
    case = Case(fee="Cấp bản sao trích lục khai sinh", amount=35_000, source=source)

    assert play(case, tmp_path, said.append) == 0, said

    left = {path.name for path in tmp_path.iterdir()}
    pictures = {"screen-idle.png", "screen-qr.png", "screen-paid.png", "desk-qr.png", "slip.png"}
    assert left == pictures | {"slip.bin", "reconciliation.xlsx", "treasury.xlsx", "timeline.jsonl"}
    timeline = [json.loads(line) for line in (tmp_path / "timeline.jsonl").read_text().splitlines()]
    assert [entry["event"] for entry in timeline] == [
        "created",
        "published",
        "displayed",
        "notified",
        "paid",
        "printed",
    ]
    assert sorted(entry["at"] for entry in timeline) == [entry["at"] for entry in timeline]
    assert len({entry["payment"] for entry in timeline}) == 1


def test_a_play_that_the_office_refuses_says_why_and_is_no_success(tmp_path: Path) -> None:
    said: list[str] = []
    assert play(Case(dossier="không phải mã hồ sơ"), tmp_path, said.append) == 1
    assert any("Mã hồ sơ" in line for line in said)


@pytest.mark.parametrize("victim", ["broker", "office", "counter"])
def test_a_payment_is_paid_and_printed_once_though_a_process_was_killed(victim: str, tmp_path: Path) -> None:
    case = Case()
    with Stage(tmp_path / "stage", case) as stage, Play(stage, case, tmp_path, print) as played:
        idle = played.screen()
        payment = played.create()
        code = played.codes(payment, idle)

        stage.restart(victim)
        stage.wait_for(stage.is_ready, "everybody to be back")

        played.pay(payment)
        paid = played.result(payment, code)
        played.slip(payment, idle, paid)
        played.reports(payment)


def test_a_notification_that_comes_while_the_office_is_dead_is_not_lost(tmp_path: Path) -> None:
    case = Case()
    with Stage(tmp_path / "stage", case) as stage, Play(stage, case, tmp_path, print) as played:
        idle = played.screen()
        payment = played.create()
        code = played.codes(payment, idle)

        stage.actors["office"].kill()
        played.transfer()
        stage.wait_for(stage.is_ready, "the office to be back")

        paid = played.result(payment, code)
        played.slip(payment, idle, paid)
