"""Pure: the pictures of the glass, as strokes on a square of 24 units, all in one weight. They know no colour or size.

Drawn for this counter. Every picture stands beside the words that say the same.
"""

from drivers.scene import Arc, Drawing, Polyline


def _frame(x: float, y: float, width: float, height: float, radius: float) -> Drawing:
    """A rectangle with round corners."""
    right, low = x + width, y + height
    return (
        Polyline(((x + radius, y), (right - radius, y))),
        Arc((right - radius, y + radius), radius, 270, 360),
        Polyline(((right, y + radius), (right, low - radius))),
        Arc((right - radius, low - radius), radius, 0, 90),
        Polyline(((right - radius, low), (x + radius, low))),
        Arc((x + radius, low - radius), radius, 90, 180),
        Polyline(((x, low - radius), (x, y + radius))),
        Arc((x + radius, y + radius), radius, 180, 270),
    )


def _dot(x: float, y: float) -> Polyline:
    return Polyline(((x, y), (x, y)))


TICK: Drawing = (Polyline(((3.5, 13), (9.5, 19), (20.5, 6))),)

CROSS: Drawing = (Polyline(((5, 5), (19, 19))), Polyline(((19, 5), (5, 19))))

HOURGLASS: Drawing = (
    Polyline(((5.5, 3), (18.5, 3))),
    Polyline(((5.5, 21), (18.5, 21))),
    Polyline(((7.5, 3), (7.5, 7), (12, 12), (7.5, 17), (7.5, 21))),
    Polyline(((16.5, 3), (16.5, 7), (12, 12), (16.5, 17), (16.5, 21))),
)

HAND: Drawing = (
    Polyline(((7.2, 14.2), (7.2, 6.4))),
    Arc((8.6, 6.4), 1.4, 180, 360),
    Polyline(((10, 6.4), (10, 11.4))),
    Polyline(((10, 11.4), (10, 4.2))),
    Arc((11.4, 4.2), 1.4, 180, 360),
    Polyline(((12.8, 4.2), (12.8, 11.4))),
    Polyline(((12.8, 11.4), (12.8, 5.4))),
    Arc((14.2, 5.4), 1.4, 180, 360),
    Polyline(((15.6, 5.4), (15.6, 12))),
    Polyline(((15.6, 12), (15.6, 8.4))),
    Arc((17, 8.4), 1.4, 180, 360),
    Polyline(((18.4, 8.4), (18.4, 15.4))),
    Arc((12.6, 15.4), 5.8, 0, 90),
    Polyline(((12.6, 21.2), (11.4, 21.2))),
    Arc((11.4, 16.8), 4.4, 90, 140),
    Polyline(((8.03, 19.63), (4.0, 14.9))),
    Arc((5.05, 13.95), 1.4, 137, 317),
    Polyline(((6.07, 13.0), (7.2, 14.2))),
)

PHONE: Drawing = (
    *_frame(5.5, 2, 13, 20, 2),
    Polyline(((8.6, 8.8), (8.6, 6.6), (10.6, 6.6))),
    Polyline(((13.4, 6.6), (15.4, 6.6), (15.4, 8.8))),
    Polyline(((15.4, 11.4), (15.4, 13.6), (13.4, 13.6))),
    Polyline(((10.6, 13.6), (8.6, 13.6), (8.6, 11.4))),
    _dot(12, 10.1),
    Polyline(((11, 18), (13, 18))),
)

SLIP: Drawing = (
    Polyline(
        ((5.5, 2.5), (18.5, 2.5), (18.5, 21.5), (15.9, 19.6), (13.3, 21.5), (12, 20.6), (10.7, 21.5), (8.1, 19.6))
    ),
    Polyline(((8.1, 19.6), (5.5, 21.5), (5.5, 2.5))),
    Polyline(((9, 7), (15, 7))),
    Polyline(((9, 13), (11.2, 15.2), (15, 10.8))),
)

CLERK: Drawing = (
    Arc((8.5, 11), 3),
    Arc((8.5, 22), 6, 190, 350),
    *_frame(13, 2.5, 9, 6.4, 1.4),
    Polyline(((15, 9), (14.4, 11.4), (17.4, 9))),
    Polyline(((15.8, 5.7), (19.2, 5.7))),
)

CLOCK: Drawing = (Arc((12, 12), 9.5), Polyline(((12, 6.5), (12, 12), (15.8, 14.4))))

SHIELD: Drawing = (
    Polyline(((12, 2.4), (19.6, 5.4), (19.6, 11.2), (18.6, 15.2), (16, 18.8), (12, 21.6))),
    Polyline(((12, 2.4), (4.4, 5.4), (4.4, 11.2), (5.4, 15.2), (8, 18.8), (12, 21.6))),
    Polyline(((12, 8), (12, 12.6))),
    _dot(12, 16),
)

CHEVRON: Drawing = (Polyline(((9, 5), (16, 12), (9, 19))),)
