"""Pure: the clerk acts for the citizen, by paying or by asking the bank; so these two screens show no code."""

from functools import lru_cache

from appliance.counter import pictures
from appliance.counter.blocks import Block, Drawn, Type, centred, paragraph, picture, spread, stack
from appliance.counter.look import AMBER, INK, WHITE, Style
from appliance.counter.screens import foot
from appliance.counter.screens.particulars import Draft, money, purpose
from appliance.counter.shown import Shown
from drivers.scene import Colour, Drawing, Fill
from drivers.typeface import Face
from mqtt_schema.messages import PaymentRequest


def checking(shown: Shown, request: PaymentRequest, style: Style) -> Drawn:
    """The clerk asks the bank: nobody should scan a second time meanwhile."""
    texts = style.texts.checking
    words = _said(texts.heading, texts.wait, request, style, AMBER)
    return _sign(shown, style, words, pictures.HOURGLASS, AMBER)


def on_behalf(shown: Shown, request: PaymentRequest, style: Style) -> Drawn:
    """The clerk pays for somebody without a telephone."""
    texts = style.texts.on_behalf
    words = _said(texts.heading, texts.body, request, style, INK)
    return _sign(shown, style, words, pictures.CLERK, INK)


def _sign(shown: Shown, style: Style, words: Block, drawing: Drawing, colour: Colour) -> Drawn:
    """A panel of one colour with a sign, and beside it what it means."""
    panel, column = style.panel, style.column
    side = min(panel.width, panel.height) * 6 // 10
    sign = centred(picture(drawing, side, WHITE, round(side / 14)), panel.width, panel.height)
    keys = foot.foot(style, shown, column.width)
    parts = (
        Fill(panel, colour),
        sign.at(panel.x, panel.y),
        words.at(column.x, column.y + (_room(style) - words.height) // 2),
        keys.at(column.x, column.bottom - keys.height),
        foot.corner(style),
    )
    return Drawn(Block(parts, style.whole.width, style.whole.height))


def _room(style: Style) -> int:
    """How high the words above the foot may be."""
    return style.column.height - foot.height(style) - style.unit


_WAYS = (
    (0, Draft(2, 1)),
    (0, Draft(1, 1)),
    (1, Draft(2, 1)),
    (1, Draft(1, 1)),
    (1, Draft(1, 1, has_dossier=False)),
    (1, Draft(1, 1, steps=0, has_dossier=False, has_payer=False)),
)
"""How much smaller the heading is set, and what is said of the payment: from the roomiest way to the tightest."""


@lru_cache(maxsize=4)
def _said(heading: str, body: str, request: PaymentRequest, style: Style, colour: Colour) -> Block:
    """What happens, what to do, and how much it is about."""
    width, room = style.column.width, _room(style)
    for sizes, draft in _WAYS:
        groups = (
            paragraph(heading, Type(Face.SEMIBOLD, style.headings[sizes:], colour, lines=2), width),
            paragraph(body, Type(Face.REGULAR, (style.must,), INK, lines=3), width),
            stack((money(request.amount, draft.amounts(style), width), purpose(request, draft, style, width))),
        )
        if sum(block.height for block in groups) <= room:
            break
    return spread(groups, room, 2 * style.unit)
