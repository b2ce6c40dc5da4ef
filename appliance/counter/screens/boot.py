"""Pure: a counter that serves nobody: still starting, or out of service. In both languages, and for two readers.

The citizen reads first, and large, that this is no place to wait; the technician below, with a code for the telephone.
"""

from collections.abc import Iterator
from functools import lru_cache

from appliance.counter import pictures
from appliance.counter.blocks import Block, Drawn, Type, paragraph, rule, stack
from appliance.counter.look import GREEN, INK, RED, SHADE, Style
from appliance.counter.screens.sign import Sign, composed, first_within, room
from appliance.counter.shown import CODES, Boot, Outage, Shown
from appliance.counter.texts import Boots, Outages, Said, Texts
from drivers import typeface
from drivers.typeface import Face
from mqtt_schema.types import Instant

BREADTH = 0.62
"""Two languages and two readers need more room than a sign does."""

CLOSED = Sign(pictures.CROSS, RED, breadth=BREADTH)

_SIGNS: dict[Boot, Sign] = {
    Boot.STARTING: Sign(pictures.HOURGLASS, INK, breadth=BREADTH),
    Boot.NETWORK: Sign(pictures.NETWORK, INK, breadth=BREADTH),
    Boot.CLOCK: Sign(pictures.CLOCK, INK, breadth=BREADTH),
    Boot.ENROLLING: Sign(pictures.KEY, INK, breadth=BREADTH),
    Boot.ENROLLED: Sign(pictures.WAIVED, GREEN, breadth=BREADTH),
    Boot.REFUSED: CLOSED,
}


def compose(shown: Shown, style: Style, now: Instant) -> Drawn:
    """What stands here does not change with the time, the language or the size of type: nobody chose any."""
    del now
    plain = style.look.style("vi")
    if shown.boot is not None:
        return _booting(plain, shown.boot, shown.words)
    if shown.is_timeless:
        return _booting(plain, Boot.CLOCK, "")
    return _closed(plain, shown.outage or Outage.TECHNICIAN, shown.words)


@lru_cache(maxsize=4)
def _booting(style: Style, step: Boot, words: str) -> Drawn:
    languages = tuple(style.look.words.values())
    said = tuple((_step(texts.boot, step).heading, *_step(texts.boot, step).body) for texts in languages)
    code = words if step is Boot.ENROLLING else ""
    detail = "" if code else words
    drafts = _drafts(style, CODES[step], said, code=code, detail=detail)
    return composed(style, _SIGNS[step], first_within(drafts, room(style)))


@lru_cache(maxsize=4)
def _closed(style: Style, outage: Outage, words: str) -> Drawn:
    said = tuple((_next(texts.outage, outage),) for texts in style.look.words.values())
    drafts = _drafts(style, CODES[outage], said, detail=words)
    return composed(style, CLOSED, first_within(drafts, room(style)))


def _step(boots: Boots, step: Boot) -> Said:
    match step:
        case Boot.STARTING:
            return boots.starting
        case Boot.NETWORK:
            return boots.network
        case Boot.CLOCK:
            return boots.clock
        case Boot.ENROLLING:
            return boots.enrolling
        case Boot.ENROLLED:
            return boots.enrolled
        case Boot.REFUSED:
            return boots.refused


def _next(outages: Outages, outage: Outage) -> str:
    match outage:
        case Outage.SEED_MISSING:
            return outages.seed_missing
        case Outage.SEED_WRONG:
            return outages.seed_wrong
        case Outage.JOURNAL:
            return outages.journal
        case Outage.DEVICE:
            return outages.device
        case Outage.TECHNICIAN:
            return outages.technician


def _drafts(
    style: Style, number: str, said: tuple[tuple[str, ...], ...], *, code: str = "", detail: str = ""
) -> Iterator[Block]:
    """From the roomiest way to the tightest. While somebody reads a code aloud, the code wins."""
    width = CLOSED.column(style).width
    for other, gap in ((style.must, 2), (style.rest, 2), (style.rest, 1)):
        for lines in (4, 2, 1):
            blocks = [*_citizens(style, other, width), rule(width, max(1, style.unit // 4), SHADE)]
            if code:
                blocks.append(_enrolment(code, style, width))
            blocks.append(_technicians(style, number, said, width))
            if detail:
                blocks.append(paragraph(detail, Type(Face.REGULAR, (style.rest,), INK, lines), width))
            yield stack(blocks, gap * style.unit)


def _citizens(style: Style, other: int, width: int) -> tuple[Block, ...]:
    """That nobody is served here, and where to go; the second language in a size of its own."""
    first, *others = style.look.words.values()
    bold = Type(Face.SEMIBOLD, (style.must,), INK, 2)
    return (
        stack(paragraph(sentence, bold, width) for sentence in _sentences(first)),
        *(paragraph(" ".join(_sentences(texts)), Type(Face.REGULAR, (other,), INK, 4), width) for texts in others),
    )


def _sentences(texts: Texts) -> tuple[str, str]:
    return f"{texts.outage.heading}.", f"{texts.outage.instead}."


def _enrolment(code: str, style: Style, width: int) -> Block:
    """As large as the width allows: it is read over the telephone."""
    sizes = tuple(range(round(style.must * 2.8), style.must - 1, -1))
    high = next((size for size in sizes if typeface.width(code, Face.EXTRABOLD, size) <= width), sizes[-1])
    return paragraph(code, Type(Face.EXTRABOLD, (high,), INK, 2), width)


def _technicians(style: Style, number: str, said: tuple[tuple[str, ...], ...], width: int) -> Block:
    """The code for the telephone, and what it means and asks for, language by language."""
    plain, bold = Type(Face.REGULAR, (style.rest,), INK, 6), Type(Face.SEMIBOLD, (style.rest,), INK, 2)
    name = paragraph(number, bold, typeface.width(number, bold.face, style.rest))
    left = name.width + 2 * style.unit
    lines = stack((paragraph(" ".join(_ended(words)), plain, width - left) for words in said), style.unit // 2)
    return Block((name.at(0, 0), lines.at(left, 0)), width, max(name.height, lines.height))


def _ended(words: tuple[str, ...]) -> tuple[str, ...]:
    """Headings have no full stop of their own."""
    return tuple(said if said.endswith(".") else f"{said}." for said in words)
