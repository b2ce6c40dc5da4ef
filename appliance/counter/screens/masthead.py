"""Pure: which counter this is, and what time it is there. It knows no payment."""

from datetime import datetime, timedelta, timezone

from appliance.counter.blocks import FIGURE_TOP, TOP, Block, Type, figures, paragraph
from appliance.counter.look import INK, Style
from drivers import typeface
from drivers.typeface import Face

VIETNAM = timezone(timedelta(hours=7))
"""Indochina Time; Vietnam has no summer time."""


def masthead(style: Style, here: datetime, width: int) -> Block:
    """Which counter this is, the date where there is room for it, and the time."""
    texts = style.texts.idle
    clock = figures(f"{here:%H:%M}", Face.SEMIBOLD, style.rest, INK)
    date_ = texts.date.format(weekday=texts.weekdays[here.weekday()], day=here.day, month=here.month, year=here.year)
    free = width - clock.width - 2 * style.unit
    wide = f"{style.look.counter}  ·  {date_}"
    said = wide if typeface.width(wide, Face.SEMIBOLD, style.rest) <= free else style.look.counter
    named = paragraph(said, Type(Face.SEMIBOLD, (style.rest,), INK), free)
    drop = round(style.rest * TOP) - round(style.rest * FIGURE_TOP)  # both on one baseline
    return Block((named.at(0, 0), clock.at(width - clock.width, drop)), width, named.height)
