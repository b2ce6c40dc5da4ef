"""Who hears what: *paid* is for everybody, everything else for whoever asked."""

from dataclasses import replace

import pytest

from appliance.announcer import Announcer
from appliance.clock import VirtualClock
from appliance.counter.front import Front
from appliance.counter.shown import Shown
from appliance.counter.state import Help, Notice, Paying, Session, SlipPhase
from appliance.settings import SoundSettings
from appliance.voice import Voice
from drivers.virtual.sound import VirtualSound
from mqtt_schema.messages import HelpKind
from tests.support.spoken import MORNING, at, payment, request

IDLE = Session(is_linked=True)
CODE = replace(IDLE, glass=Paying(request(amount=35_000)))
LISTENING = Front(is_listening=True)


def paid(phase: SlipPhase = "due", number: int = 1) -> Session:
    return replace(IDLE, glass=Notice(payment(number), "paid", 35_000, at(60), phase))


@pytest.fixture
def sound() -> VirtualSound:
    return VirtualSound()


@pytest.fixture
def voice(sound: VirtualSound) -> Voice:
    return Voice(sound, SoundSettings(), VirtualClock(MORNING))


@pytest.fixture
def announcer(voice: Voice) -> Announcer:
    return Announcer(voice, ("vi", "en"), has_printer=True)


def text(voice: Voice) -> str:
    return voice.said.text if voice.said else ""


def test_paid_is_said_once_to_everybody_in_both_languages(
    announcer: Announcer, voice: Voice, sound: VirtualSound
) -> None:
    announcer.follow(Shown(CODE), MORNING)
    assert len(sound.history) == 0, "nobody asked to hear the code"
    for phase in ("due", "printing", "printed"):
        announcer.follow(Shown(paid(phase)), MORNING)
    assert len(sound.history) == 1
    assert "Đã nhận ba mươi lăm nghìn đồng" in text(voice)
    assert "Received thirty five thousand dong" in text(voice).replace("-", " ").replace(",", "")


def test_two_payments_of_one_amount_are_two_announcements(announcer: Announcer, sound: VirtualSound) -> None:
    announcer.follow(Shown(IDLE), MORNING)
    announcer.follow(Shown(paid(number=1)), MORNING)
    announcer.follow(Shown(paid(number=2)), MORNING)
    assert len(sound.history) == 2


def test_what_was_told_before_a_restart_is_not_told_again(announcer: Announcer, sound: VirtualSound) -> None:
    announcer.follow(Shown(paid("printing")), MORNING)
    announcer.follow(Shown(paid("printed")), MORNING)
    assert len(sound.history) == 0
    announcer.follow(Shown(paid(number=2)), MORNING)
    assert len(sound.history) == 1


def test_a_result_that_comes_after_a_restart_is_told(announcer: Announcer, sound: VirtualSound) -> None:
    announcer.follow(Shown(CODE), MORNING)
    announcer.follow(Shown(paid()), MORNING)
    assert len(sound.history) == 1


def test_who_listens_hears_every_screen_and_each_once(announcer: Announcer, voice: Voice, sound: VirtualSound) -> None:
    announcer.answer(Shown(CODE, LISTENING), MORNING)
    assert "ba mươi lăm nghìn đồng" in text(voice)
    assert "5 phút" in text(voice) or "năm phút" in text(voice)
    announcer.follow(Shown(CODE, LISTENING), at(1))
    assert len(sound.history) == 1
    announcer.follow(Shown(replace(CODE, is_linked=False), LISTENING), at(2))
    assert len(sound.history) == 2


def test_how_it_ended_is_said_also_while_a_human_is_called(announcer: Announcer, voice: Voice) -> None:
    called = Help(HelpKind.HELP, at(20))
    announcer.answer(Shown(CODE, LISTENING), MORNING)
    announcer.follow(Shown(replace(CODE, help=called), LISTENING), at(1))
    assert "gọi cán bộ" in text(voice)
    announcer.follow(Shown(replace(CODE, help=called, is_linked=False), LISTENING), at(2))
    taken_back = replace(IDLE, glass=Notice(payment(1), "cancelled", None, at(11)), help=called)
    announcer.follow(Shown(taken_back, LISTENING), at(3))
    assert "gọi cán bộ" not in text(voice)
    assert "hủy" in text(voice)


def test_the_chosen_language_is_spoken(announcer: Announcer, voice: Voice) -> None:
    announcer.answer(Shown(CODE, replace(LISTENING, language="en")), MORNING)
    assert "thousand" in text(voice)
    assert "nghìn" not in text(voice)


def test_who_goes_takes_the_sentence_along(announcer: Announcer, sound: VirtualSound) -> None:
    announcer.answer(Shown(CODE, LISTENING), MORNING)
    assert sound.playing is not None
    announcer.follow(Shown(IDLE), at(1))
    assert sound.playing is None


def test_the_technician_hears_whether_anything_can_be_heard(announcer: Announcer, sound: VirtualSound) -> None:
    announcer.test()
    assert len(sound.history) == 1


def test_a_slip_that_waited_for_paper_is_no_second_payment(announcer: Announcer, sound: VirtualSound) -> None:
    announcer.follow(Shown(IDLE), MORNING)
    for phase in ("due", "waiting", "due", "printed"):
        announcer.follow(Shown(paid(phase)), MORNING)
    assert len(sound.history) == 1


def test_who_listens_hears_in_quiet_hours_that_the_money_came(sound: VirtualSound) -> None:
    voice = Voice(sound, SoundSettings(quiet_from="00:00", quiet_until="23:59"), VirtualClock(MORNING))
    announcer = Announcer(voice, ("vi",), has_printer=True)
    announcer.follow(Shown(IDLE), MORNING)
    announcer.follow(Shown(paid()), MORNING)
    assert len(sound.history) == 0, "nobody asked"
    announcer.follow(Shown(paid(number=2), LISTENING), MORNING)
    assert "Đã nhận ba mươi lăm nghìn đồng" in text(voice)


@pytest.mark.parametrize("phase", ["unsure", "uncopied", "none"])
def test_no_slip_is_promised_that_does_not_come(announcer: Announcer, voice: Voice, phase: SlipPhase) -> None:
    announcer.answer(Shown(paid(phase), LISTENING), MORNING)
    assert "Đã nhận ba mươi lăm nghìn đồng" in text(voice)
    assert "nhận phiếu" not in text(voice)
    assert "hết giấy" not in text(voice)
