"""What is said for each state and each amount; the catalogues are the judge of the words."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clips import LANGUAGES, catalogue, words
from appliance.counter import speech
from appliance.counter.speech import SpeechError, Utterance, amount_clips, announcement, state_clips
from appliance.errors import ApplianceError
from mqtt_schema.messages import Language
from mqtt_schema.money import in_words

AMOUNTS = st.integers(0, speech.LARGEST)
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "amount_words.json").read_text("utf-8"))


def spoken(clips: tuple[str, ...], language: Language) -> str:
    """The words without the pauses."""
    said = catalogue(language).words
    return " ".join(said[clip] for clip in clips if clip not in speech.PAUSES_S)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["amount"]))
def test_vietnamese_amounts_are_read_as_the_rules_for_documents_say(vector: dict[str, object]) -> None:
    amount = vector["amount"]
    assert isinstance(amount, int)
    if amount > speech.LARGEST:
        pytest.skip("more than one bank transfer")
    assert spoken(amount_clips(amount, "vi"), "vi") == str(vector["receipt"]).lower()


@given(AMOUNTS)
def test_the_loudspeaker_says_what_the_slip_says(amount: int) -> None:
    assert spoken(amount_clips(amount, "vi"), "vi") == in_words(amount).lower()


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "zero dong"),
        (7, "seven dong"),
        (19, "nineteen dong"),
        (40, "forty dong"),
        (105, "one hundred five dong"),
        (1_000, "one thousand dong"),
        (35_000, "thirty five thousand dong"),
        (1_050_000, "one million fifty thousand dong"),
        (12_345_678, "twelve million three hundred forty five thousand six hundred seventy eight dong"),
        (300_000_001, "three hundred million one dong"),
    ],
)
def test_english_amounts(amount: int, said: str) -> None:
    assert spoken(amount_clips(amount, "en"), "en") == said


def english_value(said: list[str]) -> int:
    """Add English words up, as a listener does."""
    names = {word: clip for clip, word in catalogue("en").words.items() if clip[0] == "n" and clip[1:].isdigit()}
    total = group = 0
    for word in " ".join(said).replace(" hundred", "_hundred").split():
        if word in {"million", "thousand"}:
            total, group = total + group * (1_000_000 if word == "million" else 1_000), 0
        else:
            group += int(names[word.replace("_", " ")][1:])
    return total + group


@given(AMOUNTS)
def test_who_adds_the_english_words_up_has_the_amount(amount: int) -> None:
    *said, currency = spoken(amount_clips(amount, "en"), "en").split()
    assert currency == "dong"
    assert english_value(said) == amount


def test_a_breath_is_taken_after_millions_and_thousands_but_not_before_the_currency() -> None:
    assert words(amount_clips(1_002_003, "en"), "en") == "one million, two thousand, three dong."
    assert words(amount_clips(5_000_000, "vi"), "vi") == "năm triệu đồng."


@pytest.mark.parametrize("amount", [-1, speech.LARGEST + 1, True])
def test_what_is_no_amount_of_one_transfer_has_no_words(amount: int) -> None:
    with pytest.raises(SpeechError, match=r"cannot be spoken: an amount is 0 to 499999999 đồng"):
        amount_clips(amount, "vi")
    assert issubclass(SpeechError, ApplianceError)
    assert issubclass(SpeechError, ValueError)


SAID: list[tuple[speech.State, Language, list[str]]] = [
    (
        "code",
        "vi",
        [
            "Số tiền cần nộp, ba mươi lăm nghìn đồng.",
            "Mở ứng dụng ngân hàng và quét mã trên màn hình, hoặc nhờ cán bộ giúp.",
            "Mã còn dùng được bốn phút.",
        ],
    ),
    (
        "code",
        "en",
        [
            "Amount to pay, thirty five thousand dong.",
            "Scan the code on the screen with your banking app, or ask the clerk.",
            "The code is good for four minutes.",
        ],
    ),
    ("paid", "vi", ["♪ Đã nhận ba mươi lăm nghìn đồng.", "Mời ông bà nhận phiếu."]),
    ("paid", "en", ["♪ Received thirty five thousand dong.", "Please take your slip."]),
    (
        "expired",
        "vi",
        ["Mã đã hết hạn.", "Xin đừng quét mã cũ, nhờ cán bộ tạo mã mới.", "Nếu vừa chuyển tiền, xin báo cán bộ."],
    ),
    ("technician", "vi", ["Thiết bị đang được bảo trì."]),
]


@pytest.mark.parametrize(("state", "language", "sentences"), SAID)
def test_what_a_state_says(state: speech.State, language: Language, sentences: list[str]) -> None:
    assert words(state_clips(state, 35_000, language, minutes_left=4), language) == " ".join(sentences)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", speech.states())
def test_every_state_says_something_with_and_without_an_amount(state: speech.State, language: Language) -> None:
    for amount in (None, 0, 35_000, speech.LARGEST + 1, -5):
        said = words(state_clips(state, amount, language), language)
        assert len(said) > 10
        assert "(" not in said, "a clip without words"


@pytest.mark.parametrize(
    "state", ["code", "last_minute", "link_lost", "on_behalf", "checking", "paid", "slip_waiting", "slip_unsure"]
)
def test_whoever_hears_of_money_hears_how_much(state: speech.State) -> None:
    assert "ba mươi lăm nghìn đồng" in spoken(state_clips(state, 35_000, "vi")[1:], "vi").lower()


@pytest.mark.parametrize("state", ["idle", "preparing", "expired", "cancelled", "see_clerk", "technician", "offline"])
def test_a_state_without_an_amount_keeps_it_to_itself(state: speech.State) -> None:
    assert state_clips(state, 35_000, "vi") == state_clips(state, None, "vi")


def test_only_paid_rings() -> None:
    ringing = {state for state in speech.states() if speech.CHIME in state_clips(state, 1, "vi")}
    assert ringing == {"paid"}


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (1, "The code is good for one minute."),
        (60, "The code is good for sixty minutes."),
        (0, ""),
        (61, ""),
        (None, ""),
    ],
)
def test_the_minutes_left_are_said_when_they_are_few(minutes: int | None, said: str) -> None:
    clips = state_clips("code", 5_000, "en", minutes_left=minutes)
    assert words(clips, "en").partition("ask the clerk.")[2].strip() == said


def test_without_a_printer_nobody_is_sent_to_fetch_a_slip() -> None:
    assert "phiếu" not in spoken(state_clips("paid", 5_000, "vi", has_slip=False)[1:], "vi")


def test_a_state_that_does_not_exist_is_answered_with_those_that_do() -> None:
    # No type checker stands between a settings file or a test and this.
    state: speech.State = json.loads('"on fire"')
    with pytest.raises(SpeechError, match="no state 'on fire' to speak of; there are starting, idle, "):
        state_clips(state, None, "vi")


def test_paid_is_announced_in_the_citizens_language_and_in_the_others_once_each() -> None:
    english = Utterance("en", state_clips("paid", 5_000, "en"))
    assert announcement(5_000, "en", ("vi", "en")) == (english, Utterance("vi", ("received", "n5", "thousand", "dong")))
    assert announcement(5_000, "en", ("en",)) == (english,)
    assert announcement(None, "vi", ("vi", "en"))[1] == Utterance("en", ("received_money",))


@pytest.mark.parametrize("language", LANGUAGES)
@given(amount=AMOUNTS)
def test_no_amount_needs_a_clip_that_is_not_in_the_vocabulary(language: Language, amount: int) -> None:
    assert set(amount_clips(amount, language)) - speech.PAUSES_S.keys() <= speech.vocabulary(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_words_for_every_clip_and_for_no_other(language: Language) -> None:
    assert catalogue(language).words.keys() == speech.vocabulary(language) - {speech.CHIME}
    assert all(said.strip() for said in catalogue(language).words.values())
