"""The glass of one counter: composes, paints, reads fingers, and knows what the citizen has in front of them.

Belongs to the counter's own thread. Decides nothing about payments: touches become events for whoever asks.
"""

from collections.abc import Callable
from dataclasses import replace

from appliance.counter import front as manners_of
from appliance.counter import screens
from appliance.counter.front import Answer, Front, Manners
from appliance.counter.look import Look, shift_at
from appliance.counter.shown import Health, Shown, payment_of, screen_of
from appliance.counter.state import Idle, Paying, Preparing, Session
from appliance.logs import Log
from drivers.display import Display
from drivers.errors import DisplayError
from drivers.scene import Scene, target_at
from mqtt_schema.messages import Seen
from mqtt_schema.types import Instant

log = Log()

QUIET_CHANGE_S = 10
"""A screen without a countdown is composed anew so often: for its clock, its cards, its shift against burn-in."""

FINGER_S = 0.3
"""So long a finger is on its way to what it has seen: a target that was not there then is not what it means."""

MODULES = 45
"""Across a usual VietQR with its quiet zone; what the last code had is a better guess for the next one."""


class Glass:
    """What stands on one display. `front` is what the person before it has chosen; `seen` what they see.

    `shown` is what was composed last, whether the display took it or not.
    """

    def __init__(
        self,
        display: Display,
        look: Look,
        manners: Manners,
        health: Callable[[], Health],
        has_earphone: Callable[[], bool] = bool,
    ) -> None:
        """`health` is asked only while a technician looks; `has_earphone` when who listens would be forgotten."""
        self.front = Front()
        self.seen: Seen | None = None
        self.shown: Shown | None = None
        self._display = display
        self._look = look
        self._manners = manners
        self._health = health
        self._has_earphone = has_earphone
        self._met = Session()
        self._key: tuple[Session, Front, int] | None = None
        self._scene: Scene | None = None
        self._turned: tuple[Scene, Instant] | None = None
        """What could be touched before, and when it became something else."""
        self._is_blind = False
        self._modules = MODULES
        self._seen_of: tuple[object, ...] = ()
        self._ahead: tuple[str, bool, tuple[int, int]] | None = None

    @property
    def is_blind(self) -> bool:
        """Whether the display did not take the last frame."""
        return self._is_blind

    @property
    def wants_close(self) -> bool:
        """Whether somebody closed the window."""
        return self._display.wants_close

    def touches(self, at: Instant) -> list[Answer]:
        """Read the fingers, and what they did besides what concerns the glass alone."""
        answers = []
        try:
            touched = self._display.touches()
        except DisplayError as error:
            self._go_blind(error)
            return []
        for finger in touched:
            if not finger.is_down:
                self.front = manners_of.lift(self.front)
                continue
            answer = manners_of.touch(self.front, self._target(finger.x, finger.y, at), at, self._manners)
            self.front = answer.front
            answers.append(answer)
        return answers

    def _target(self, x: int, y: int, at: Instant) -> str | None:
        """What a finger meant: not what slid under it while it came down."""
        target = target_at(self._scene, x, y) if self._scene else None
        if self._turned is None:
            return target
        before, turned_at = self._turned
        is_new = 0 <= (at - turned_at).total_seconds() < FINGER_S
        return None if is_new and target != target_at(before, x, y) else target

    def listen(self, at: Instant) -> None:
        """The raised key was pressed: from now on this person hears every screen."""
        self.front = manners_of.listen(self.front, at)

    def show(self, session: Session, now: Instant) -> bool:
        """Paint what the session says now, if that is not what stands there already. Whether another screen came.

        Nothing is composed between two moments that must look alike.
        """
        self._pass(session, now)
        counts = isinstance(session.glass, Paying) or self.front.page == "locked"
        every_s = 1 if counts or self._is_blind else QUIET_CHANGE_S
        key = (session, self.front, int(now.timestamp()) // every_s)
        if key == self._key:
            return False
        self._key = key
        shown = Shown(session, self.front, self._health() if self.front.page == "technician" else Health())
        self.shown = shown
        if not self._paint(screens.compose(shown, self._look, now), now):
            return False
        return self._see(shown, now)

    def _pass(self, session: Session, now: Instant) -> None:
        """Let the front live up to now. Whoever still wears an earphone still listens, whatever has ended meanwhile."""
        listened = self.front.is_listening
        if session is not self._met:
            self.front = manners_of.meet(self.front, self._met, session, now)
            self._met = session
        self.front = manners_of.pass_time(self.front, session, now, self._manners)
        if listened and not self.front.is_listening and self._has_earphone():
            self.front = replace(self.front, is_listening=True)

    def prepare(self, now: Instant) -> None:
        """Paint ahead what the next payment's screen begins with, while nobody waits for anything; unseen."""
        what = (self.front.language, self.front.is_large, shift_at(int(now.timestamp())))
        if what == self._ahead or not isinstance(self._met.glass, Idle | Preparing):
            return
        self._ahead = what
        try:
            self._display.prepare(screens.ahead(self.front, self._look, self._modules, now))
        except DisplayError as error:
            self._go_blind(error)

    def _paint(self, scene: Scene, now: Instant) -> bool:
        """Put a scene on the glass; False when the glass is dark."""
        if scene == self._scene:
            return True
        self._ahead = None
        try:
            self._display.show(scene)
        except DisplayError as error:
            self._go_blind(error)
            return False
        if self._scene is not None and scene.targets != self._scene.targets:
            self._turned = self._scene, now
        self._scene, self._is_blind = scene, False
        self._modules = next((code.modules for code in scene.codes()), self._modules)
        return True

    def _see(self, shown: Shown, now: Instant) -> bool:
        """Note what is seen; the pixels are hashed once a screen or a touch, not once a second."""
        screen, front, (payment, amount) = screen_of(shown), shown.front, payment_of(shown) or (None, None)
        what = (screen, payment, amount, shown.session.is_linked, front.language, front.is_large, front.page)
        if self.seen is not None and what == self._seen_of:
            return False
        self._seen_of = what
        self.seen = Seen(screen=screen, payment=payment, amount=amount, pixels=self._display.digest(), painted_at=now)
        return True

    def _go_blind(self, error: DisplayError) -> None:
        """The glass does not answer: say so once, and paint it anew with the next second."""
        if not self._is_blind:
            log.error("display", error=str(error))
        self._is_blind, self._scene, self.seen = True, None, None
