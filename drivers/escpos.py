"""Pure: the printer's language: `Paper` to ESC/POS bytes. It never talks to a printer, and does not read its answers.

Commands are named as in Epson's ESC/POS command reference. Text goes out as dots: printers disagree about Vietnamese
code pages (27, 30, 31, 35, 52, 94 or none), but they all agree about dots.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import chain, groupby

from drivers import raster, strips
from drivers.paper import Code, Item, Paper, Row, Rule, Space, Text
from drivers.profiles import Profile
from drivers.strips import Columns, Feed, Piece, Rows

ESC = b"\x1b"
GS = b"\x1d"
DLE = b"\x10"
EOT = b"\x04"
NUL = b"\x00"

INITIALIZE = ESC + b"@"
PRINT_AND_FEED = ESC + b"J"
"""ESC J n: print the line of columns, if any, and feed n vertical motion units."""
ABSOLUTE_POSITION = ESC + b"$"
"""ESC $ nL nH: the next column stands n dots from the left edge."""
BIT_IMAGE = ESC + b"*\x21"
"""ESC * m nL nH d1…dk, with m = 33: n columns of 24 dots, a dot is a dot."""
CENTRE = ESC + b"a\x01"
LEFT = ESC + b"a\x00"
RASTER_BIT_IMAGE = GS + b"v0"
"""GS v 0 m xL xH yL yH d1…dk: with m = 0 a dot is a dot, with m = 3 it is two by two."""
FEED_AND_PARTIAL_CUT = GS + b"V\x42\x00"
"""GS V 66 0: feed to the cutting position, then cut but for one point, so that the slip does not fall."""
QR_CODE = GS + b"(k"
REAL_TIME_STATUS = DLE + EOT
"""DLE EOT n: answered at once by one byte, even while the printer is off-line."""
AUTOMATIC_STATUS = GS + b"a\x0e"
"""GS a n: tell by yourself when on-line, errors or paper change; it begins with how things are."""
PROCESS_ID = GS + b"(H\x06\x00\x30\x30"
"""GS ( H, function 48: say this id when everything before it is done."""
STATUS_IN_TURN = GS + b"r\x01"
"""GS r 1: the paper sensor, told when everything before it has been interpreted."""
CLEAR_BUFFERS = DLE + b"\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: throw away, at once, what was received and not printed."""

_MOST_FEED_UNITS = 255
_BAND_BYTES = 2048
"""Some 0.2 s of a fast serial line: as often the printer may be asked how it is."""
_NATIVE_ERROR = {"L": b"0", "M": b"1", "Q": b"2", "H": b"3"}


@dataclass(frozen=True)
class Stream:
    """One slip on its way to a printer. Whole commands stand in each part: between parts a printer may be asked."""

    opening: bytes
    """Sets the printer up and feeds to the first ink; it leaves none."""
    bands: tuple[bytes, ...]
    """The picture, from the top."""
    ending: bytes
    """Cuts; where there is no cutter, feeds past the tear bar."""
    height_dots: int
    """How much paper it takes, the ending left out."""

    @property
    def raw(self) -> bytes:
        """All of it."""
        return b"".join((self.opening, *self.bands, self.ending))


def encode(paper: Paper, profile: Profile) -> bytes:
    """The whole stream of one slip, from ESC @ to the cut. Raises as `stream`."""
    return stream(paper, profile).raw


def stream(paper: Paper, profile: Profile) -> Stream:
    """One slip for printers of this kind.

    Raises what `drivers.raster.draw` raises: the QR code that does not fit on this profile's paper.
    """
    parts = list(_parts(paper.items, profile))
    white = next((number for number, part in enumerate(parts) if part.is_inked), len(parts))
    opening = _opening(profile) + b"".join(part.commands for part in parts[:white])
    bands = tuple(_bands(parts[white:], profile.max_band_rows))
    return Stream(opening, bands, _ending(paper, profile), sum(part.rows for part in parts))


@dataclass(frozen=True)
class _Part:
    """Commands that belong together, and how many rows of paper they take."""

    commands: bytes
    rows: int
    is_inked: bool = True


def _opening(profile: Profile) -> bytes:
    return INITIALIZE + (AUTOMATIC_STATUS if profile.has_automatic_status else b"")


def _ending(paper: Paper, profile: Profile) -> bytes:
    return _end(profile) if paper.is_cut else b""


def _end(profile: Profile) -> bytes:
    return FEED_AND_PARTIAL_CUT if profile.has_cutter else _feed(_tear_bar_rows(profile), profile)


def _tear_bar_rows(profile: Profile) -> int:
    return round(profile.tear_bar_mm * profile.dots_per_mm)


def _bands(parts: Iterable[_Part], most_rows: int) -> Iterator[bytes]:
    """Put neighbours together, as long as neither the paper nor the line is busy with them for long."""
    band, rows = b"", 0
    for part in parts:
        if band and (rows + part.rows > most_rows or len(band) + len(part.commands) > _BAND_BYTES):
            yield band
            band, rows = b"", 0
        band += part.commands
        rows += part.rows
    if band:
        yield band


# From items to commands.


class _Kind(Enum):
    FIXED = 1
    """On every slip the same."""
    OWN = 2
    """Of this slip alone."""
    NATIVE = 3
    """What the printer draws itself."""


def _parts(items: tuple[Item, ...], profile: Profile) -> Iterator[_Part]:
    for kind, same in groupby(items, lambda item: _kind(item, profile)):
        match kind:
            case _Kind.FIXED:
                yield from _fixed(tuple(same), profile)
            case _Kind.OWN:
                yield from _drawn(tuple(same), profile)
            case _Kind.NATIVE:
                yield from (_native(item, profile) for item in same if isinstance(item, Code))


def _kind(item: Item, profile: Profile) -> _Kind:
    match item:
        case Code(payload=payload) if profile.has_native_qr and _is_plain_text(payload):
            return _Kind.NATIVE
        case Space() | Rule() | Text(is_fixed=True) | Row(is_fixed=True):
            return _Kind.FIXED
        case _:
            return _Kind.OWN


def _is_plain_text(payload: str) -> bool:
    """Whether a printer can only read it as we do, and never as a command: about anything else they disagree."""
    return payload.isascii() and payload.isprintable()


@lru_cache(maxsize=128)
def _fixed(items: tuple[Item, ...], profile: Profile) -> tuple[_Part, ...]:
    """Drawn once. There are a dozen of them on a slip, and no citizen in them."""
    return tuple(_drawn(items, profile))


def _drawn(items: tuple[Item, ...], profile: Profile) -> Iterator[_Part]:
    picture = raster.draw(Paper(items), profile.width_dots, profile.dots_per_mm)
    pieces = strips.plain if profile.is_plain else strips.cheapest
    for piece in pieces(picture, profile.max_band_rows):
        yield _Part(_commands(piece, profile), piece.rows, not isinstance(piece, Feed))


def _native(code: Code, profile: Profile) -> _Part:
    """As large, and with as much white around it, as we would draw it."""
    fitted = raster.fit_code(code, profile.width_dots, profile.dots_per_mm)
    quiet = _feed(fitted.quiet_dots, profile)
    stored = b"1P0" + code.payload.encode("ascii")
    functions = (
        b"1A2\x00",  # 165: model 2
        b"1C" + bytes((fitted.module_dots,)),  # 167: dots a module
        b"1E" + _NATIVE_ERROR[fitted.error],  # 169: error correction
        stored,  # 180
        b"1Q0",  # 181: print what was stored
    )
    commands = b"".join(QR_CODE + len(function).to_bytes(2, "little") + function for function in functions)
    rows = 2 * fitted.quiet_dots + fitted.side_dots
    return _Part(quiet + CENTRE + commands + LEFT + quiet, rows)


def _commands(piece: Piece, profile: Profile) -> bytes:
    match piece:
        case Feed(rows=rows):
            return _feed(rows, profile)
        case Rows():
            return raster_bit_image(piece)
        case Columns(spans=spans, rows=rows):
            return b"".join(chain.from_iterable(map(_span, spans))) + _feed(rows, profile)


def _feed(rows: int, profile: Profile) -> bytes:
    """Feed `rows` dots. Printers count ESC J in motion units, which some make half a dot high."""
    most = _MOST_FEED_UNITS // profile.feed_units_per_dot
    steps = [most] * (rows // most) + [rows % most] * bool(rows % most)
    return b"".join(PRINT_AND_FEED + bytes((step * profile.feed_units_per_dot,)) for step in steps)


def raster_bit_image(piece: Rows) -> bytes:
    """GS v 0 of rows, each standing for itself or doubled."""
    mode = b"\x03" if piece.is_doubled else b"\x00"
    height = len(piece.dots) // piece.row_bytes
    return b"".join(
        (RASTER_BIT_IMAGE, mode, piece.row_bytes.to_bytes(2, "little"), height.to_bytes(2, "little"), piece.dots)
    )


def _span(span: strips.Span) -> Iterator[bytes]:
    left, dots = span
    if left:
        yield ABSOLUTE_POSITION + left.to_bytes(2, "little")
    yield BIT_IMAGE + (len(dots) // 3).to_bytes(2, "little")
    yield dots


# What is not on the paper.


def ask(query: int) -> bytes:
    """DLE EOT n, for n of `printer_status.STATUS_QUERIES`."""
    return REAL_TIME_STATUS + bytes((query,))


def ask_whether_done(mark: str, profile: Profile) -> bytes:
    """Make the printer say when everything before this is done; `mark` is four characters.

    With a process id it says so when the paper is out and cut. Without, it says that it has come so far.
    """
    if profile.is_mute:
        return b""
    return PROCESS_ID + mark.encode("ascii") if profile.has_process_ids else STATUS_IN_TURN


def abandon(profile: Profile) -> bytes:
    """Get a printer out of whatever broke off in it, and cut off what hangs out.

    An image that broke off waits for its rest: as many zeros as the longest image has bytes are white if they are still
    dots, and nothing at all if they are not. Only then ESC @ is a command and no dots.
    """
    clear = CLEAR_BUFFERS if profile.can_clear else b""
    return clear + NUL * most_image_bytes(profile) + INITIALIZE + _end(profile)


def most_image_bytes(profile: Profile) -> int:
    """How long a single command can be."""
    by_rows = profile.max_band_rows * profile.width_dots // 8
    by_columns = 3 * profile.width_dots
    return len(RASTER_BIT_IMAGE) + 5 + max(by_rows, by_columns)
