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


def _line(*points: tuple[float, float]) -> Polyline:
    return Polyline(points)


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

CHEVRON_DOWN: Drawing = (Polyline(((5, 9), (12, 16), (19, 9))),)

# What can be touched

GLOBE: Drawing = (
    Arc((12, 12), 9.5),
    _line((2.5, 12), (21.5, 12)),
    Arc((20.2, 12), 12.6, 131, 229),
    Arc((3.8, 12), 12.6, -49, 49),
)

LETTERS: Drawing = (
    _line((1.5, 20), (7.5, 4), (13.5, 20)),
    _line((3.6, 14.4), (11.4, 14.4)),
    _line((15.8, 20), (19.2, 11.2), (22.6, 20)),
    _line((17.1, 16.8), (21.3, 16.8)),
)
"""A large A beside a small one."""

BELL: Drawing = (
    _line((4, 17.5), (20, 17.5)),
    _line((4, 17.5), (6.2, 14.2), (6.2, 10.2)),
    _line((20, 17.5), (17.8, 14.2), (17.8, 10.2)),
    Arc((12, 10.2), 5.8, 180, 360),
    _line((12, 2.4), (12, 4.4)),
    Arc((12, 18.4), 2.6, 20, 160),
)

NO_PHONE: Drawing = (
    *_frame(6, 2, 12, 20, 2),
    _line((11, 18.4), (13, 18.4)),
    _line((2.5, 5), (21.5, 19)),
)

MORE_TIME: Drawing = (
    Arc((10.5, 13), 8.2, 0, 270),
    _line((10.5, 8.2), (10.5, 13), (13.6, 15)),
    _line((15, 5.6), (22, 5.6)),
    _line((18.5, 2.1), (18.5, 9.1)),
)

BACK: Drawing = (_line((20.5, 12), (3.5, 12)), _line((10.5, 5), (3.5, 12), (10.5, 19)))

COPY: Drawing = (
    _line((8, 6.5), (20, 6.5), (20, 21.5), (17, 19.5), (14, 21.5), (11, 19.5), (8, 21.5), (8, 6.5)),
    _line((4, 17), (4, 2.5), (16, 2.5)),
    _line((11.5, 11), (16.5, 11)),
    _line((11.5, 15), (16.5, 15)),
)
"""One slip behind another."""

ERASE: Drawing = (
    _line((8.5, 5), (21.5, 5), (21.5, 19), (8.5, 19), (2.5, 12), (8.5, 5)),
    _line((11.5, 9), (17.5, 15)),
    _line((17.5, 9), (11.5, 15)),
)

EAR: Drawing = (
    Arc((12.5, 9), 6.5, 170, 380),
    _line((18.6, 11.2), (15.6, 15.4)),
    Arc((11.4, 17.6), 4.6, -28, 130),
    Arc((12.5, 9.4), 2.8, 170, 400),
    _line((14.6, 11.2), (12.4, 13.6)),
)

# What cards are about, and what a technician looks for

FLAME: Drawing = (
    _line((12.4, 2.2), (13.4, 5.4), (16.2, 8.2), (18.4, 11.4), (19, 14.6)),
    Arc((12, 14.6), 7, 0, 180),
    _line((5, 14.6), (5.6, 11.6), (7.4, 8.8), (9.2, 11), (10.8, 8), (12.4, 2.2)),
    Arc((12, 17.2), 3, 20, 160),
    _line((9.2, 18.2), (9.4, 15.8), (12, 12.8), (14.6, 15.8), (14.8, 18.2)),
)

SHEET: Drawing = (
    *_frame(4.5, 2.5, 15, 19, 1.5),
    _line((8.5, 7.5), (15.5, 7.5)),
    _line((8.5, 12), (15.5, 12)),
    _line((8.5, 16.5), (12.5, 16.5)),
)

PRINTER: Drawing = (
    _line((7, 8), (7, 2.5), (17, 2.5), (17, 8)),
    _line((7, 16.5), (3, 16.5), (3, 8), (21, 8), (21, 16.5), (17, 16.5)),
    _line((7, 13), (17, 13), (17, 21.5), (7, 21.5), (7, 13)),
    _dot(17.6, 10.6),
)

PAPER: Drawing = (
    Arc((8, 8), 5.5),
    Arc((8, 8), 1.4),
    _line((8, 13.5), (20, 13.5), (20, 21.5)),
    _line((13.5, 8), (13.5, 13.5)),
    _line((12, 17.5), (16, 17.5)),
    _line((13.5, 13.5), (8, 13.5), (8, 21.5), (20, 21.5)),
)
"""A roll of it."""

LOCK: Drawing = (
    *_frame(4.5, 10.5, 15, 11, 1.5),
    _line((7.8, 10.5), (7.8, 7)),
    Arc((12, 7), 4.2, 180, 360),
    _line((16.2, 7), (16.2, 10.5)),
    _line((12, 14.8), (12, 17.2)),
)

WRENCH: Drawing = (
    Arc((16.4, 7.6), 5.4, -10, 190),
    Arc((16.4, 7.6), 5.4, 190, 280),
    _line((21.7, 6.7), (18.2, 9.4), (14.6, 5.8), (17.3, 2.3)),
    _line((11.2, 9.2), (2.6, 17.8), (6.2, 21.4), (14.8, 12.8)),
)

SPEAKER: Drawing = (
    _line((3, 9), (7, 9), (12.5, 4.5), (12.5, 19.5), (7, 15), (3, 15), (3, 9)),
    Arc((12.5, 12), 4.4, -45, 45),
    Arc((12.5, 12), 8.4, -45, 45),
)

AGAIN: Drawing = (Arc((12, 13), 8, -40, 270), _line((12, 1.6), (15.4, 5), (12, 8.4)))
"""Begin anew."""

NETWORK: Drawing = (
    Arc((12, 18.6), 5, 225, 315),
    Arc((12, 18.6), 10, 225, 315),
    Arc((12, 18.6), 15, 225, 315),
    _dot(12, 18.6),
)

KEY: Drawing = (
    Arc((7, 12), 4.5),
    _line((11.5, 12), (21.5, 12), (21.5, 15.5)),
    _line((17, 12), (17, 15)),
)

WAIVED: Drawing = (
    Arc((12, 12), 9.5),
    _line((7, 12.4), (10.6, 16), (17, 8.6)),
)
"""A tick in a ring: settled, and no money moved."""

CODE: Drawing = (
    *_frame(2.5, 2.5, 7.5, 7.5, 0.8),
    *_frame(14, 2.5, 7.5, 7.5, 0.8),
    *_frame(2.5, 14, 7.5, 7.5, 0.8),
    _dot(6.25, 6.25),
    _dot(17.75, 6.25),
    _dot(6.25, 17.75),
    _line((14, 14), (17, 14), (17, 17)),
    _line((21.5, 14), (21.5, 18)),
    _line((14, 18), (14, 21.5), (17.5, 21.5)),
    _dot(21.5, 21.5),
)
