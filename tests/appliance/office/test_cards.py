from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from appliance.clock import VirtualClock
from appliance.courier import Sender
from appliance.office.cards import MOST, CardRack
from appliance.office.errors import ConflictError, NotFoundError
from appliance.office.ledger import Ledger
from mqtt_schema import signing, topics
from mqtt_schema.messages import Body, Card, CardKind, Cards, CardText, CounterStatus

CARD = Card(
    card="otp",
    kind=CardKind.FRAUD,
    vi=CardText(heading="Không đưa mã OTP", body=("Không ai được hỏi mã OTP.",)),
    en=CardText(heading="Never share an OTP", body=("Nobody may ask.",)),
    first_day=date(2026, 11, 22),
    last_day=date(2026, 12, 31),
)
FIRE = CARD.model_copy(update={"card": "fire", "kind": CardKind.FIRE, "en": None, "last_day": None})


@pytest.fixture
def sent(ledger: Ledger, sender: Sender) -> Callable[[str], list[Any]]:
    """What waits for a counter, opened as the counter would."""
    keys = signing.read_public([signing.public_jwk(sender.key)])

    def read(counter: str = "quay-1") -> list[Any]:
        with ledger.read() as books:
            parcels = [parcel for parcel in books.posted() if parcel.counter == counter]
        return [signing.verify(parcel.raw, keys, topics.parse(parcel.topic)).body for parcel in parcels]

    return read


def acknowledge(ledger: Ledger, counter: str) -> None:
    with ledger.write() as books:
        for parcel in books.posted():
            books.acknowledge(parcel.message, counter)


def test_a_card_goes_signed_to_every_counter_and_only_the_newest_waits(
    cards: CardRack, sent: Callable[..., list[Any]]
) -> None:
    cards.write(CARD)
    cards.write(FIRE)
    for counter in ("quay-1", "quay-2"):
        (only,) = sent(counter)
        assert isinstance(only, Cards)
        assert set(only.cards) == {CARD, FIRE}


def test_a_card_is_changed_under_its_id_and_withdrawn(cards: CardRack, sent: Callable[..., list[Any]]) -> None:
    cards.write(CARD)
    changed = CARD.model_copy(update={"last_day": None})
    cards.write(changed)
    assert cards.card("otp") == changed
    cards.withdraw("otp")
    assert sent() == [Cards(cards=())], "no card at all brings back the counter's own"
    for ask in (cards.card, cards.withdraw):
        with pytest.raises(NotFoundError, match="Không có thẻ này"):
            ask("otp")


def test_the_desk_knows_which_counter_has_the_cards(cards: CardRack, ledger: Ledger) -> None:
    assert cards.rack().reached == {"quay-1": None, "quay-2": None}
    cards.write(CARD)
    acknowledge(ledger, "quay-2")
    assert cards.rack().reached == {"quay-1": False, "quay-2": True}


def test_a_counter_that_came_back_gets_the_cards_again(
    cards: CardRack,
    ledger: Ledger,
    say: Callable[[str, Body], None],
    clock: VirtualClock,
    sent: Callable[..., list[Any]],
) -> None:
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now()))
    assert sent() == [], "an office without cards leaves counters their own"
    cards.write(CARD)
    acknowledge(ledger, "quay-1")
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now()))
    assert sent() == []
    clock.go_on(60)
    say("quay-1", CounterStatus(is_online=True, born_at=clock.now()))
    say("quay-9", CounterStatus(is_online=True, born_at=clock.now()))
    assert sent() == [Cards(cards=(CARD,))]


def test_there_is_room_for_so_many_cards_and_no_more(cards: CardRack) -> None:
    for number in range(MOST):
        cards.write(CARD.model_copy(update={"card": f"card-{number}"}))
    cards.write(CARD.model_copy(update={"card": "card-0", "last_day": None}))
    with pytest.raises(ConflictError, match="Đã có 8 thẻ"):
        cards.write(CARD)
    assert len(cards.rack().cards) == MOST


def test_cards_that_would_not_fit_into_one_message_are_refused_in_words(cards: CardRack) -> None:
    full = CardText(heading="ẵ" * 48, body=("ẵ" * 120,) * 3)
    long = [CARD.model_copy(update={"card": f"card-{number}", "vi": full, "en": full}) for number in range(MOST)]
    for card in long[:4]:
        cards.write(card)
    with pytest.raises(ConflictError, match="dài quá"):
        cards.write(long[4])
    assert cards.rack().cards == long[:4]
