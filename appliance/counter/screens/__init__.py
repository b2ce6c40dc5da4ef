"""Pure: what the glass shows. One module a screen, one function a module; the same second gives the same scene.

Every screen is a function `compose(shown: Shown, style: Style, now: Instant) -> Drawn`:

* `Drawn(block, background=PAPER)` (blocks.py): a block as large as the glass, its corner at (0, 0). Leaves may be
  elements and `Target`s; blocks are put in with `block.at(x, y)`. Stay within `style.glass` (text, targets) or
  `style.whole` (panels that run to the edges): the dispatcher shifts everything by up to 3 px against burn-in.
* `style` (look.py) has texts, type sizes (`must`, `rest`, `small`, `headings`, `amounts`), `target`, `between`, `unit`,
  `mm()`. It is made once for a language and size of type, so it is a cheap key for `lru_cache`.
* `foot.foot(style, shown, width)` is the row of touches for the lower edge, or says that a human was called;
  `foot.corner(style)` is the technician's invisible target (top right): put it into every screen.
  `foot.key(...)` makes any other touch.
* The menu over other screens than the code's is drawn here: they need not know of it.
"""

from collections.abc import Callable

from appliance.counter.blocks import Drawn, flatten
from appliance.counter.front import Front
from appliance.counter.look import PAPER, Look, Style, shift_at
from appliance.counter.screens import boot, code, idle, menu, notice, technician
from appliance.counter.shown import Shown, screen_of
from drivers.scene import Scene
from mqtt_schema.messages import ScreenName
from mqtt_schema.types import Instant

__all__ = ["Look", "ahead", "compose"]

Composer = Callable[[Shown, Style, Instant], Drawn]

_COMPOSERS: dict[ScreenName, Composer] = {
    ScreenName.IDLE: idle.compose,
    ScreenName.ASLEEP: idle.compose,
    ScreenName.OFFLINE: idle.compose,
    ScreenName.PREPARING: idle.compose,
    ScreenName.CODE: code.compose,
    ScreenName.ON_BEHALF: code.compose,
    ScreenName.CHECKING: code.compose,
    ScreenName.PAID: notice.compose,
    ScreenName.WAIVED: notice.compose,
    ScreenName.EXPIRED: notice.compose,
    ScreenName.CANCELLED: notice.compose,
    ScreenName.SEE_CLERK: notice.compose,
    ScreenName.OUT_OF_SERVICE: boot.compose,
    ScreenName.TECHNICIAN: technician.compose,
}

_WITHOUT_MENU = {ScreenName.OUT_OF_SERVICE, ScreenName.TECHNICIAN, ScreenName.CODE}
"""Nobody is there to be called, or the menu stands within the screen."""


def compose(shown: Shown, look: Look, now: Instant) -> Scene:
    """Compose the screen for what is shown at a moment. Two moments within one second of the clock look alike."""
    style = look.style(shown.front.language, shown.front.is_large)
    drawn = _composer(shown)(shown, style, now)
    first, rest = drawn.first, flatten(drawn.block, *shift_at(int(now.timestamp())))
    return Scene(look.size, drawn.background, first.elements + rest.elements, first.targets + rest.targets)


def ahead(front: Front, look: Look, modules: int, now: Instant) -> Scene:
    """What a payment's screen will begin with, before there is one: `modules` across its code, quiet zone included."""
    style = look.style(front.language, front.is_large)
    first = code.standing(style, code.place(style, modules), None, shift_at(int(now.timestamp())), with_time=False)
    return Scene(look.size, PAPER, first.elements)


def _composer(shown: Shown) -> Composer:
    screen = screen_of(shown)
    if shown.front.page == "menu" and screen not in _WITHOUT_MENU:
        return menu.compose
    return _COMPOSERS[screen]
