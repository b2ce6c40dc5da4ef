from dataclasses import replace
from datetime import date

import pytest

from appliance.office.desk import card_form
from appliance.office.desk.card_form import CardDraft
from mqtt_schema.messages import Card, CardKind, CardText

TODAY = date(2026, 11, 22)
GOOD = CardDraft(
    card="abc",
    kind="fraud",
    vi=("Không đưa mã OTP", "Không ai được hỏi mã OTP.", "", "Kể cả cán bộ."),
    first_day="2026-11-22",
)
CARD = Card(
    card="abc",
    kind=CardKind.FRAUD,
    vi=CardText(heading="Không đưa mã OTP", body=("Không ai được hỏi mã OTP.", "Kể cả cán bộ.")),
    first_day=TODAY,
)
ENGLISH = ("Never share an OTP", "Nobody may ask for it.", "", "")


def test_a_good_draft_becomes_a_card_and_comes_back_as_a_form() -> None:
    assert card_form.look_at(GOOD).card == CARD
    both = replace(GOOD, en=ENGLISH, last_day="2026-12-31")
    card = card_form.look_at(both).card
    assert card is not None
    assert (card.en, card.last_day) == (CardText(heading=ENGLISH[0], body=(ENGLISH[1],)), date(2026, 12, 31))
    assert card_form.look_at(card_form.of(card)).card == card
    assert card_form.look_at(card_form.of(CARD)).card == CARD


def test_a_form_makes_the_round_through_hidden_fields() -> None:
    both = replace(GOOD, en=ENGLISH)
    assert card_form.read(dict(card_form.fields_of(both)), "other") == both


def test_a_form_that_was_tampered_with_keeps_an_id_of_its_own() -> None:
    for wrong in ({}, {"card": "Ä!"}, {"card": "a" * 33}):
        assert card_form.read(wrong, "fresh").card == "fresh"


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"kind": "?"}, "kind", "Hãy chọn"),
        ({"vi": ("", "Một câu.", "", "")}, "vi.0", "Hãy ghi tiêu đề"),
        ({"vi": ("ẵ" * 49, "Một câu.", "", "")}, "vi.0", "49 ký tự, nhiều nhất 48"),
        ({"vi": ("Tiêu đề", "", "", "")}, "vi.1", "ít nhất một câu"),
        ({"vi": ("Tiêu đề", "Một.", "ẵ" * 121, "")}, "vi.2", "121 ký tự, nhiều nhất 120"),
        ({"en": ("Heading", "", "", "")}, "en.1", "ít nhất một câu"),
        ({"en": ("", "One.", "", "")}, "en.0", "Hãy ghi tiêu đề"),
        ({"first_day": ""}, "first_day", "Hãy chọn ngày"),
        ({"last_day": "mai"}, "last_day", "không đọc được"),
        ({"last_day": "2026-11-21"}, "last_day", "từ 22/11/2026"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(changed: dict[str, object], field: str, words: str) -> None:
    checked = card_form.look_at(replace(GOOD, **changed))  # type: ignore[arg-type]  # the tests name real fields
    assert checked.card is None
    assert words in checked.complaints[field]
    assert len(checked.complaints) == 1


def test_what_just_fits_is_a_card_of_the_contract() -> None:
    full = ("ẵ" * 48, "ẵ" * 120, "ẵ" * 120, "ẵ" * 120)
    assert card_form.look_at(replace(GOOD, vi=full, en=full)).card is not None


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (TODAY, None, "Đang hiện, cho tới khi gỡ"),
        (TODAY, TODAY, "Đang hiện, đến hết 22/11/2026"),
        (date(2026, 12, 1), None, "Sẽ hiện từ 01/12/2026 cho tới khi gỡ"),
        (date(2026, 11, 1), date(2026, 11, 21), "Đã hết ngày, hiện lần cuối 21/11/2026"),
    ],
)
def test_the_days_of_a_card_are_said_in_words(first: date, last: date | None, words: str) -> None:
    assert card_form.days_words(CARD.model_copy(update={"first_day": first, "last_day": last}), TODAY) == words


def test_every_kind_has_its_word() -> None:
    assert set(card_form.KINDS) == set(CardKind)
    assert card_form.new("x", TODAY).first_day == "2026-11-22"
