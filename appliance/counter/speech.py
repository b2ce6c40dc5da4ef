"""Pure: which clips say what, one after the other. It names clips and knows neither sound nor who listens.

What a clip says stands in `clips/vi.toml` and `clips/en.toml`. A comma among the clips is a short pause, a full stop a
longer one, as in writing. Amounts are read from `money.in_words`, so slip and loudspeaker cannot disagree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal, get_args

from appliance.errors import ApplianceError
from mqtt_schema.messages import Language
from mqtt_schema.money import in_words

State = Literal[
    "starting",
    "idle",
    "asleep",
    "preparing",
    "code",
    "last_minute",
    "link_lost",
    "checking",
    "on_behalf",
    "paid",
    "slip_waiting",
    "slip_unsure",
    "waived",
    "expired",
    "cancelled",
    "see_clerk",
    "help_called",
    "help_unheard",
    "offline",
    "out_of_service",
    "technician",
]
"""Every state of the glass that can be heard. *Link lost*: while a code is valid; *offline*: while nobody pays.

*Slip waiting*: paid, and the printer has no paper. *Slip unsure*: paid, and the clerk has to look for it.
*Help called*: the clerk's desk rings; *help unheard*: it cannot, the link is lost.
"""

Clips = tuple[str, ...]

CHIME = "chime"
"""Two soft tones; the same in every language."""

PAUSES_S = {",": 0.1, ".": 0.35}

LARGEST = 499_999_999
"""An instant bank transfer in Vietnam (NAPAS 247) carries less than five hundred million."""

LONGEST_MIN = 60


class SpeechError(ApplianceError, ValueError):
    """There are no clips for this; the message says for what."""


@dataclass(frozen=True)
class Utterance:
    """Clips in one language, pauses among them."""

    language: Language
    clips: Clips


def amount_clips(vnd: int, language: Language) -> Clips:
    """An amount from 0 to 499.999.999 đồng, with its currency. Raises `SpeechError`."""
    if isinstance(vnd, bool) or not 0 <= vnd <= LARGEST:
        raise SpeechError(f"{vnd!r} cannot be spoken: an amount is 0 to {LARGEST} đồng")
    return *_number(vnd, language), "dong"


def state_clips(
    state: State, amount: int | None, language: Language, *, minutes_left: int | None = None, has_slip: bool = True
) -> Clips:
    """What stands on the glass, the amount, and the next step. Of a technician's page: only that it is being serviced.

    `amount` in đồng, None where none is known; one too large for words is left to the glass. `minutes_left`: full
    minutes in which the code can still be paid. `has_slip`: a slip comes out after *paid*. Raises `SpeechError` for a
    state that does not exist.
    """
    sentences = _sentences(state, _spoken(amount, language), _minutes(minutes_left, language), has_slip=has_slip)
    return tuple(chain.from_iterable((".", *sentence) if at else sentence for at, sentence in enumerate(sentences)))


def announcement(
    amount: int | None, chosen: Language, always: tuple[Language, ...], *, has_slip: bool = True
) -> tuple[Utterance, ...]:
    """*Paid*, for everybody to hear: in the language that the citizen chose and then in those that are always spoken.

    The chime rings once, and the next step is told only to the citizen.
    """
    others = [language for language in dict.fromkeys(always) if language != chosen]
    return (
        Utterance(chosen, state_clips("paid", amount, chosen, has_slip=has_slip)),
        *(Utterance(language, _received(_spoken(amount, language))) for language in others),
    )


def states() -> tuple[State, ...]:
    """Every state that can be heard."""
    return get_args(State)


def vocabulary(language: Language) -> frozenset[str]:
    """Every clip that may ever be asked for, without the pauses; no more and no less has to be there."""
    numbers = _VIETNAMESE_CLIPS if language == "vi" else _ENGLISH_CLIPS
    said = (
        state_clips(state, 1, language, minutes_left=m, has_slip=s)
        for state in states()
        for m in (1, 2)
        for s in (True, False)
    )
    without = (state_clips(state, None, language) for state in states())
    return (frozenset(chain(*said, *without)) | numbers | {"dong"}) - PAUSES_S.keys()


# Sentences


def _sentences(state: State, amount: Clips, minutes: Clips, *, has_slip: bool) -> tuple[Clips, ...]:
    """What it is, how much, what comes next."""
    match state:
        case "code":
            return _given(_to_pay(amount), ("scan_or_ask",), minutes)
        case "last_minute":
            return _given(("nearly_expired",), _to_pay(amount), ("scan_or_ask",))
        case "link_lost":
            return _given(("link_lost",), _to_pay(amount), ("scan_or_ask",), minutes)
        case "on_behalf":
            return _given(("on_behalf",), _of(amount), ("wait",))
        case "checking":
            return _given(("checking",), _of(amount), ("pay_no_more",), ("wait",))
        case "paid":
            return (CHIME,), _received(amount), ("take_slip" if has_slip else "thank_you",)
        case "slip_waiting":
            return _received(amount), ("no_paper",), ("wait_for_clerk",)
        case "slip_unsure":
            return _received(amount), ("see_clerk",)
    if state not in _FIXED:
        raise SpeechError(f"there is no state {state!r} to speak of; there are {', '.join(states())}")
    return tuple((clip,) for clip in _FIXED[state])


_FIXED: dict[State, Clips] = {
    "starting": ("starting", "wait"),
    "idle": ("welcome", "tell_clerk"),
    "asleep": ("welcome", "tell_clerk"),
    "preparing": ("preparing", "wait"),
    "waived": ("waived", "nothing_to_pay"),
    "expired": ("expired", "ask_for_new_code", "if_just_paid"),
    "cancelled": ("cancelled", "if_just_paid"),
    "see_clerk": ("see_clerk", "needs_checking", "pay_no_more"),
    "help_called": ("help_called", "wait"),
    "help_unheard": ("see_clerk",),
    "offline": ("offline", "wait_or_see_clerk"),
    "out_of_service": ("out_of_service", "see_clerk"),
    "technician": ("in_service",),
}
"""States without an amount."""


def _given(*sentences: Clips) -> tuple[Clips, ...]:
    return tuple(sentence for sentence in sentences if sentence)


def _spoken(amount: int | None, language: Language) -> Clips:
    """Nothing for what has no words: the glass shows it."""
    return amount_clips(amount, language) if amount is not None and 0 <= amount <= LARGEST else ()


def _to_pay(amount: Clips) -> Clips:
    return ("amount_to_pay", ",", *amount) if amount else ()


def _of(amount: Clips) -> Clips:
    return ("amount", ",", *amount) if amount else ()


def _received(amount: Clips) -> Clips:
    return ("received", *amount) if amount else ("received_money",)


def _minutes(left: int | None, language: Language) -> Clips:
    """How long the code is good; more than an hour is no matter for somebody who stands there."""
    if left is None or not 1 <= left <= LONGEST_MIN:
        return ()
    return "valid_for", *_number(left, language), "minute" if left == 1 else "minutes"


# Numbers


def _number(value: int, language: Language) -> Clips:
    """With a breath after the millions and after the thousands, where anybody reading aloud would take one."""
    words = list(_vietnamese(value) if language == "vi" else _english(value))
    breath = {at for at, word in enumerate(words[:-1]) if word in {"million", "thousand"}}
    return tuple(chain.from_iterable((word, ",") if at in breath else (word,) for at, word in enumerate(words)))


_DIGITS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9}
_TENS, _HUNDREDS = "mươi", "trăm"
_OTHERS = {
    "mốt": "n1_after_tens",
    "tư": "n4_after_tens",
    "lăm": "n5_after_tens",
    "mười": "n10",
    "linh": "no_tens",
    "nghìn": "thousand",
    "triệu": "million",
}


def _vietnamese(value: int) -> Iterator[str]:
    """Word by word, but "ba trăm" and "ba mươi" in one breath: they are what makes a number sound spoken."""
    *words, _currency = in_words(value).lower().split()
    for word, following in zip(words, [*words[1:], ""], strict=True):
        match word, following:
            case ("không", "trăm"):
                yield "no_hundreds"
            case ("không", _):
                yield "n0"
            case (_, "trăm") if word in _DIGITS:
                yield f"n{_DIGITS[word]}00"
            case (_, "mươi") if word in _DIGITS:
                yield f"n{_DIGITS[word]}0"
            case (("trăm" | "mươi"), _):
                continue
            case _:
                yield f"n{_DIGITS[word]}" if word in _DIGITS else _OTHERS[word]


def _english(value: int) -> Iterator[str]:
    """Thirty-five thousand; three hundred five: no "and", it says nothing."""
    if value == 0:
        yield "n0"
    for scale, name in ((1_000_000, "million"), (1_000, "thousand"), (1, "")):
        group = value // scale % 1_000
        yield from _three(group)
        if group and name:
            yield name


def _three(group: int) -> Iterator[str]:
    hundreds, rest = divmod(group, 100)
    if hundreds:
        yield f"n{hundreds}00"
    if rest >= 20:
        yield f"n{rest // 10}0"
        rest %= 10
    if rest:
        yield f"n{rest}"


_ROUND = {f"n{digit}{zeros}" for digit in range(1, 10) for zeros in ("0", "00")} | {"thousand", "million"}
_VIETNAMESE_CLIPS = frozenset(_ROUND | {f"n{digit}" for digit in range(10)} | set(_OTHERS.values()) | {"no_hundreds"})
_ENGLISH_CLIPS = frozenset(_ROUND | {f"n{number}" for number in range(20)})
