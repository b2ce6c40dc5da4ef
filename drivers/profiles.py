"""Pure: what printers there are, as data. Differences between printers stand here; no code asks for a name.

Where python-escpos 3.1 knows a model, widths, cutter and QR are as it has them (a test compares); motion units, status,
process ids and buffers it does not know. What was tried on real paper so far is told in docs/printing.md: nothing.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Profile:
    """One kind of printer. The defaults are what nearly every ESC/POS printer can do."""

    name: str
    width_dots: int
    """What the head can print, in dots."""
    paper_mm: float
    """The width of the roll."""
    has_cutter: bool
    dots_per_mm: float = 8.0
    """8 is called 203 dpi."""
    feed_units_per_dot: int = 1
    """How many vertical motion units of ESC J make one dot; Epson's own make it 2."""
    max_band_rows: int = 128
    """The highest raster image in one piece: some printers turn larger ones into garbage."""
    tear_bar_mm: float = 12.0
    """From the head to where a person tears, for printers without a cutter."""
    has_native_qr: bool = False
    """Whether GS ( k draws QR codes."""
    is_plain: bool = False
    """Send bands of rows only: for printers that leave seams between lines of columns, or cannot do columns."""
    is_mute: bool = False
    """It never answers. Such a printer is believed; a printer that could answer and does not is not."""
    status_queries: tuple[int, ...] = (1, 2, 3, 4)
    """The n of DLE EOT n that it answers. *Ready* takes an answer to each."""
    has_automatic_status: bool = False
    """Whether GS a makes it tell every change by itself."""
    has_process_ids: bool = False
    """Whether GS ( H 48 makes it say when a slip is done. Else GS r 1 is asked: it is answered in its turn."""
    can_clear: bool = False
    """Whether DLE DC4 8 throws away what it holds."""
    chunk_bytes: int = 4096
    """The most that is handed to the line in one go."""
    pace_bytes_per_s: int | None = None
    """The most that it can take, for lines without flow control; None is as fast as the line."""
    speed_mm_s: float = 150.0
    """How fast paper comes out at best."""


_GENERIC_58 = Profile("generic-58", width_dots=384, paper_mm=58, has_cutter=False, speed_mm_s=90)
_GENERIC_80 = Profile("generic-80", width_dots=576, paper_mm=80, has_cutter=True)
_EPSON = Profile(
    "epson-tm-t20",
    width_dots=576,
    paper_mm=80,
    has_cutter=True,
    feed_units_per_dot=2,
    has_native_qr=True,
    has_automatic_status=True,
    has_process_ids=True,
    can_clear=True,
)

PROFILES = {
    profile.name: profile
    for profile in (
        _GENERIC_58,
        replace(_GENERIC_58, name="generic-58-cutter", has_cutter=True),
        replace(_GENERIC_58, name="generic-58-plain", is_plain=True),
        replace(_GENERIC_58, name="generic-58-mute", is_mute=True),
        _GENERIC_80,
        replace(_GENERIC_80, name="generic-80-qr", has_native_qr=True),
        replace(_GENERIC_80, name="generic-80-plain", is_plain=True),
        replace(_GENERIC_80, name="generic-80-mute", is_mute=True),
        Profile(
            "epson-180dpi-80", width_dots=512, paper_mm=80, has_cutter=True, dots_per_mm=7.09, feed_units_per_dot=2
        ),
        _EPSON,
        replace(_EPSON, name="epson-tm-t88", width_dots=512, dots_per_mm=7.09, speed_mm_s=250),
        replace(_GENERIC_80, name="netum-80", has_native_qr=True),
        replace(_GENERIC_58, name="zjiang-5890", is_plain=True),
    )
}
"""The printers known by name."""
