import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from httpx import Client, Response

from appliance.office.cards import MOST, CardRack
from appliance.office.ledger import Ledger

TYPED = {
    "kind": "fraud",
    "vi.0": "Không đưa mã OTP",
    "vi.1": "Không ai được hỏi mã OTP.",
    "en.0": "Never share an OTP",
    "en.1": "Nobody may ask.",
}


class _Fields(HTMLParser):
    """Collects the inputs of a page's form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input":
            self.values[given.get("name") or ""] = given.get("value") or ""


def _fields(answer: Response) -> dict[str, str]:
    return _Fields(answer.text).values


def _words(answer: Response) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.fixture
def write(client: Client) -> Callable[..., Response]:
    """Write a card as a clerk does: form, preview, send."""

    def make(**otherwise: str) -> Response:
        review = client.post("/desk/cards/check", data=_fields(client.get("/desk/cards/new")) | TYPED | otherwise)
        assert "Xem trước khi gửi" in review.text
        return client.post("/desk/cards", data=_fields(review))

    return make


def test_a_card_is_written_looked_at_and_sent(client: Client, write: Callable[..., Response], cards: CardRack) -> None:
    assert "Thẻ viết ở đây sẽ hiện" in client.get("/desk/cards").text
    listed = _words(write())
    for said in ("Chống lừa đảo", "Đang hiện, cho tới khi gỡ", "Không ai được hỏi mã OTP.", "Never share an OTP"):
        assert said in listed
    assert "Chưa tới Quầy 1, Quầy 2" in listed
    (card,) = cards.rack().cards
    assert card.vi.heading == "Không đưa mã OTP"


def test_the_list_says_who_has_the_cards(client: Client, write: Callable[..., Response], ledger: Ledger) -> None:
    write()
    with ledger.write() as books:
        for parcel in books.posted():
            books.acknowledge(parcel.message, "quay-1")
    part = _words(client.get("/desk/parts/cards"))
    assert "Đã tới Quầy 1" in part
    assert "Chưa tới Quầy 2" in part


def test_a_card_is_changed_and_withdrawn(client: Client, write: Callable[..., Response], cards: CardRack) -> None:
    write()
    (card,) = cards.rack().cards
    form = _fields(client.get(f"/desk/cards/{card.card}"))
    assert (form["vi.0"], form["en.1"], form["first_day"]) == ("Không đưa mã OTP", "Nobody may ask.", "2026-11-22")
    review = client.post("/desk/cards/check", data=form | {"kind": "fraud", "vi.0": "Giữ kín mã OTP"})
    again = client.post("/desk/cards/check", data=_fields(review) | {"change": "edit"})
    assert _fields(again)["vi.0"] == "Giữ kín mã OTP"
    client.post("/desk/cards", data=_fields(review))
    assert [card.vi.heading for card in cards.rack().cards] == ["Giữ kín mã OTP"]
    gone = client.post(f"/desk/cards/{card.card}/withdraw")
    assert "Thẻ viết ở đây sẽ hiện" in gone.text
    assert client.get(f"/desk/cards/{card.card}").status_code == 404


def test_complaints_stand_at_their_fields_and_nothing_written_is_lost(client: Client) -> None:
    typed = _fields(client.get("/desk/cards/new")) | TYPED | {"vi.1": "", "first_day": ""}
    for path in ("/desk/cards/check", "/desk/cards"):
        answer = client.post(path, data=typed)
        assert answer.status_code == 422
        assert 'id="vi.1-wrong"' in answer.text
        assert 'aria-describedby="first_day-wrong"' in answer.text
        assert _fields(answer)["vi.0"] == "Không đưa mã OTP"


def test_when_all_places_are_taken_the_page_says_so(client: Client, write: Callable[..., Response]) -> None:
    for _ in range(MOST):
        write()
    assert "Đã đủ 8 thẻ" in client.get("/desk/cards").text
    full = write()
    assert full.status_code == 409
    assert "Đã có 8 thẻ" in full.text
    assert _fields(full)["vi.0"] == "Không đưa mã OTP"
