"""Pure: the guarded pages: the PIN's keypad, the lock, the counter's health and what a technician can do about it.

They never say what was typed, and nothing of any payment. They keep to the normal size of type: nobody who comes here
needs a larger one, and everything has to stand on one page.
"""

import math
from dataclasses import replace

from appliance.counter import pictures
from appliance.counter.blocks import Block, Drawn, Part, Type, centred, framed, labelled, paragraph, stack, target
from appliance.counter.front import PIN_DIGITS, Front, Manners, Touchable
from appliance.counter.look import ACCENT, AMBER, INK, RED, WHITE, Style
from appliance.counter.screens import foot
from appliance.counter.screens.masthead import VIETNAM
from appliance.counter.screens.sign import Sign, composed, first_within
from appliance.counter.shown import Health, Shown
from appliance.counter.texts import States
from drivers import typeface
from drivers.scene import Anchor, Drawing, Rect
from drivers.typeface import Face
from mqtt_schema.messages import PrinterStatus
from mqtt_schema.types import Instant

TROUBLE_LINES = 4
"""So much of the newest trouble at most; all of it stands in the log."""

LOCKED = Sign(pictures.LOCK, AMBER)


def compose(shown: Shown, style: Style, now: Instant) -> Drawn:
    """The page that stands over the session's own screen."""
    plain = style.look.style(style.language)
    match shown.front.page:
        case "pin":
            return _pin(shown.front, plain)
        case "locked":
            return _locked(shown.front, plain, now)
    return _page(shown, plain)


# The gate


def _pin(front: Front, style: Style) -> Drawn:
    """What is asked and how many digits are there already; the keys of a telephone."""
    glass = style.glass
    if style.is_portrait:
        asked = _asked(front, style, glass.width)
        free = Rect(glass.x, glass.y + asked.height, glass.width, glass.height - asked.height)
    else:
        asked = _asked(front, style, glass.width * 44 // 100)
        left = glass.x + asked.width + 3 * style.unit
        free = Rect(left, glass.y, glass.right - left, glass.height)
    pad = _keypad(style, free.width, free.height)
    top = glass.y if style.is_portrait else glass.y + (glass.height - asked.height) // 2
    parts = (
        asked.at(glass.x, top),
        pad.at(free.x + (free.width - pad.width) // 2, free.y + (free.height - pad.height) // 2),
    )
    return Drawn(Block(parts, style.whole.width, style.whole.height))


def _asked(front: Front, style: Style, width: int) -> Block:
    texts = style.texts.technician
    leave = foot.key(style, "leave", pictures.BACK, texts.leave, (min(width, style.rest * 8), foot.height(style)))
    heading = paragraph(texts.pin, Type(Face.SEMIBOLD, (style.must,), INK, 2), width)
    warned = paragraph(_tries(front, style) or " ", Type(Face.SEMIBOLD, (style.rest,), RED, 2), width)
    return stack((heading, _dots(len(front.typed), style), warned, leave), 2 * style.unit)


def _tries(front: Front, style: Style) -> str:
    """How many are left, in words, once one was wrong."""
    left = Manners.pin_tries - front.wrong
    if front.wrong == 0:
        return ""
    return style.texts.technician.tries_left.format(left=left) if left > 1 else style.texts.technician.last_try


def _dots(typed: int, style: Style) -> Block:
    """A full dot for every digit that was typed, a ring for every one that is to come."""
    side, gap, rim = style.must, style.unit, max(2, style.unit // 3)
    parts: list[Part] = []
    for place in range(PIN_DIGITS):
        dot = Rect(place * (side + gap), 0, side, side)
        ground = INK if place < typed else WHITE
        parts.extend(framed(dot, ground, INK, rim, side // 2))
    return Block(tuple(parts), PIN_DIGITS * (side + gap) - gap, side)


def _keypad(style: Style, width: int, height: int) -> Block:
    wide = min((width - 2 * style.between) // 3, style.mm(30))
    high = min((height - 3 * style.between) // 4, style.mm(22))
    parts: list[Part] = []
    for place, name in enumerate("123456789"):
        parts.append(_digit(style, name, wide, high).at(*_cell(place, wide, high, style)))
    parts.append(_digit(style, "0", wide, high).at(*_cell(10, wide, high, style)))
    erase = foot.key(style, "erase", pictures.ERASE, style.texts.technician.erase, (wide, high))
    parts.append(erase.at(*_cell(11, wide, high, style)))
    return Block(tuple(parts), 3 * wide + 2 * style.between, 4 * high + 3 * style.between)


def _cell(place: int, wide: int, high: int, style: Style) -> tuple[int, int]:
    return place % 3 * (wide + style.between), place // 3 * (high + style.between)


def _digit(style: Style, name: str, wide: int, high: int) -> Block:
    area = framed(Rect(0, 0, wide, high), WHITE, ACCENT, max(2, style.unit // 3), style.unit)
    figure = paragraph(name, Type(Face.SEMIBOLD, (style.must,), ACCENT, 1, Anchor.CENTRE), wide)
    return target(name, Block((*area, centred(figure, wide, high).at(0, 0)), wide, high))


def _locked(front: Front, style: Style, now: Instant) -> Drawn:
    """How many minutes more, rounded up: whoever comes back then finds it open."""
    texts, width = style.texts.technician, style.column.width
    left_s = (front.locked_until - now).total_seconds() if front.locked_until else 0
    said = texts.wait.format(minutes=max(1, math.ceil(left_s / 60)))
    words = stack(
        (
            paragraph(texts.locked, Type(Face.SEMIBOLD, style.headings, AMBER, 2), width),
            paragraph(said, Type(Face.REGULAR, (style.must,), INK, 2), width),
        ),
        2 * style.unit,
    )
    leave = foot.key(style, "leave", pictures.BACK, texts.leave, (width, foot.height(style)))
    return composed(style, LOCKED, words, leave)


# The page


def _page(shown: Shown, style: Style) -> Drawn:
    """Health and touches: side by side, or one below the other when the glass stands."""
    glass, gap = style.glass, 2 * style.unit
    if style.is_portrait:
        touches = _touches(shown.front, style, glass.width, columns=2)
        health = _health(shown, style, glass.width, glass.height - touches.height - style.unit)
        places = health.at(glass.x, glass.y), touches.at(glass.x, glass.bottom - touches.height)
    else:
        touches = _touches(shown.front, style, glass.width * 38 // 100, columns=1)
        health = _health(shown, style, glass.width - touches.width - gap, glass.height)
        places = health.at(glass.x, glass.y), touches.at(glass.right - touches.width, glass.y)
    return Drawn(Block(places, style.whole.width, style.whole.height))


def _touches(front: Front, style: Style, width: int, *, columns: int) -> Block:
    texts = style.texts.technician
    touches: tuple[tuple[Touchable, Drawing, str], ...] = (
        ("test_slip", pictures.PRINTER, texts.test_slip),
        ("test_sound", pictures.SPEAKER, texts.test_sound),
        ("day_end", pictures.PRINTER, texts.day_end),
        ("restart", pictures.AGAIN, texts.restart),
        ("out_of_service", pictures.TICK, texts.open)
        if front.is_out_of_service
        else ("out_of_service", pictures.CROSS, texts.close),
        ("leave", pictures.BACK, texts.leave),
    )
    # The two shortest words share a row where everything else has one of its own.
    rows = (
        [touches[:2], *((one,) for one in touches[2:])]
        if columns == 1
        else [touches[first : first + columns] for first in range(0, len(touches), columns)]
    )
    high = max(
        style.target, min(foot.height(style), (style.glass.height - (len(rows) - 1) * style.between) // len(rows))
    )
    parts: list[Part] = []
    for place, row in enumerate(rows):
        wide = (width - (len(row) - 1) * style.between) // len(row)
        for column, (name, drawing, words) in enumerate(row):
            one = foot.key(style, name, drawing, words, (wide, high), is_primary=name == "leave")
            parts.append(one.at(column * (wide + style.between), place * (high + style.between)))
    return Block(tuple(parts), width, len(rows) * high + (len(rows) - 1) * style.between)


def _health(shown: Shown, style: Style, width: int, room: int) -> Block:
    """With as much of the newest trouble as the page has room for."""
    return first_within((_report(shown, style, width, lines) for lines in range(TROUBLE_LINES, 0, -1)), room)


def _report(shown: Shown, style: Style, width: int, trouble_lines: int) -> Block:
    texts = style.texts.technician
    state = texts.is_closed if shown.front.is_out_of_service else texts.is_open
    bold, plain = Type(Face.SEMIBOLD, (style.rest,), INK, 3), Type(Face.REGULAR, (style.rest,), INK)
    rows = _rows(shown.health, style)
    first = max(typeface.width(label, Face.REGULAR, style.rest) for label, _ in rows) + 2 * style.unit
    return stack(
        (
            paragraph(texts.heading, Type(Face.SEMIBOLD, (style.must,), INK), width),
            paragraph(state, Type(Face.SEMIBOLD, (style.rest,), RED if shown.front.is_out_of_service else INK), width),
            *(labelled(label, said, (plain, bold), (first, width - first)) for label, said in rows),
            paragraph(texts.trouble, plain, width),
            paragraph(shown.health.trouble or texts.nothing, replace(bold, lines=trouble_lines), width),
        ),
        style.unit // 2,
    )


def _rows(health: Health, style: Style) -> tuple[tuple[str, str], ...]:
    texts = style.texts.technician
    since = f"{health.started_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if health.started_at else texts.nothing
    return (
        (texts.counter, health.counter or texts.nothing),
        (texts.software, health.software or texts.nothing),
        (texts.broker, health.broker or texts.nothing),
        (texts.printer, _printer(health.printer, style.texts.states)),
        (texts.outbox, str(health.outbox)),
        *(((texts.set_aside, str(health.set_aside)),) if health.set_aside else ()),
        (texts.since, since),
    )


def _printer(status: PrinterStatus, states: States) -> str:
    said: str = vars(states)[status.value]
    return said
