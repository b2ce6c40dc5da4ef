"""Pure: the form of one card, between what a clerk wrote and a card. Every complaint stands at its field.

The limits are the contract's: what fits into them fits onto the smallest glass.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from appliance.office.reports.period import day_words
from mqtt_schema.messages import Card, CardKind, CardText
from mqtt_schema.text import nfc

HEADING = 48
SENTENCE = 120
SENTENCES = 3
_LONGEST = 400
_ID = re.compile(r"[a-z0-9-]{1,32}")

KINDS: Mapping[CardKind, str] = {
    CardKind.FRAUD: "Chống lừa đảo",
    CardKind.FIRE: "An toàn cháy",
    CardKind.PAYING: "Cách nộp tiền",
    CardKind.NOTICE: "Thông báo khác",
}


@dataclass(frozen=True)
class CardDraft:
    """One card as it was written. `card` is its id. `vi` and `en` hold a heading and then three sentences."""

    card: str
    kind: str = CardKind.NOTICE.value
    vi: tuple[str, ...] = ("",) * (1 + SENTENCES)
    en: tuple[str, ...] = ("",) * (1 + SENTENCES)
    first_day: str = ""
    last_day: str = ""


@dataclass(frozen=True)
class Checked:
    """A draft that was looked at: a card when all is well, else why not, by field."""

    card: Card | None
    complaints: Mapping[str, str] = field(default_factory=dict)


def new(card_id: str, today: date) -> CardDraft:
    """An empty form, for a card that begins today."""
    return CardDraft(card=card_id, first_day=today.isoformat())


def of(card: Card) -> CardDraft:
    """A card as a form."""
    return CardDraft(
        card=card.card,
        kind=card.kind.value,
        vi=_texts(card.vi),
        en=_texts(card.en) if card.en else ("",) * (1 + SENTENCES),
        first_day=card.first_day.isoformat(),
        last_day=card.last_day.isoformat() if card.last_day else "",
    )


def _texts(text: CardText) -> tuple[str, ...]:
    return (text.heading, *text.body, *("",) * (SENTENCES - len(text.body)))


def read(fields: Mapping[str, str], card_id: str) -> CardDraft:
    """Read a submitted form; missing fields are empty. `card_id` serves when the form brought none."""

    def said(name: str) -> str:
        return nfc(fields.get(name, "")[:_LONGEST])

    return CardDraft(
        card=said("card") if _ID.fullmatch(said("card")) else card_id,
        kind=said("kind"),
        vi=tuple(said(f"vi.{place}") for place in range(1 + SENTENCES)),
        en=tuple(said(f"en.{place}") for place in range(1 + SENTENCES)),
        first_day=said("first_day"),
        last_day=said("last_day"),
    )


def fields_of(draft: CardDraft) -> list[tuple[str, str]]:
    """The draft as hidden fields: name and value."""
    own = [(name, getattr(draft, name)) for name in ("card", "kind", "first_day", "last_day")]
    texts = (("vi", draft.vi), ("en", draft.en))
    return own + [(f"{language}.{place}", text) for language, said in texts for place, text in enumerate(said)]


def look_at(draft: CardDraft) -> Checked:
    """Turn a draft into a card, or say at each field what is wrong with it."""
    complaints = dict(_complaints(draft))
    if complaints:
        return Checked(None, complaints)
    return Checked(
        Card(
            card=draft.card,
            kind=CardKind(draft.kind),
            vi=_text(draft.vi),
            en=_text(draft.en) if any(draft.en) else None,
            first_day=date.fromisoformat(draft.first_day),
            last_day=date.fromisoformat(draft.last_day) if draft.last_day else None,
        )
    )


def _text(said: tuple[str, ...]) -> CardText:
    return CardText(heading=said[0], body=tuple(sentence for sentence in said[1:] if sentence))


def _complaints(draft: CardDraft) -> Iterator[tuple[str, str]]:
    if draft.kind not in set(CardKind):
        yield "kind", "Hãy chọn thẻ nói về việc gì."
    yield from _about_text("vi", draft.vi)
    if any(draft.en):
        yield from _about_text("en", draft.en)
    yield from _about_days(draft)


def _about_text(language: str, said: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    heading, *body = said
    if not heading:
        yield f"{language}.0", "Hãy ghi tiêu đề, vài chữ là đủ."
    if len(heading) > HEADING:
        yield f"{language}.0", f"Tiêu đề có {len(heading)} ký tự, nhiều nhất {HEADING}. Hãy viết ngắn lại."
    if not any(body):
        yield f"{language}.1", "Hãy viết ít nhất một câu."
    for place, sentence in enumerate(body, 1):
        if len(sentence) > SENTENCE:
            yield f"{language}.{place}", f"Câu có {len(sentence)} ký tự, nhiều nhất {SENTENCE}. Hãy tách thành hai câu."


def _about_days(draft: CardDraft) -> Iterator[tuple[str, str]]:
    first, last = _day(draft.first_day), _day(draft.last_day)
    if first is None:
        yield "first_day", "Hãy chọn ngày bắt đầu hiện."
    if draft.last_day and last is None:
        yield "last_day", "Ngày này không đọc được. Hãy chọn lại, hoặc để trống nếu chưa biết ngày kết thúc."
    if first and last and last < first:
        yield "last_day", f"Ngày kết thúc phải từ {day_words(first)} trở đi."


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def days_words(card: Card, today: date) -> str:
    """When this card stands on glasses, in words."""
    first = day_words(card.first_day)
    last = f"đến hết {day_words(card.last_day)}" if card.last_day else "cho tới khi gỡ"
    if card.last_day and today > card.last_day:
        return f"Đã hết ngày, hiện lần cuối {day_words(card.last_day)}"
    if today < card.first_day:
        return f"Sẽ hiện từ {first} {last}"
    return f"Đang hiện, {last}"
