"""Says what stands on the glass: *paid* to everybody, everything else to whoever pressed the listening key."""

from appliance.counter import aloud, speech
from appliance.counter.aloud import Aloud
from appliance.counter.shown import Shown
from appliance.voice import Voice
from mqtt_schema.messages import Language
from mqtt_schema.types import Instant, PaymentId


class Announcer:
    """Follows the glass of one counter. Belongs to the counter's thread."""

    def __init__(self, voice: Voice, always: tuple[Language, ...], *, has_printer: bool) -> None:
        """`always`: the languages in which *paid* is said besides the one that the citizen chose."""
        self._voice = voice
        self._always = always
        self._has_printer = has_printer
        self._told: Aloud | None = None
        self._paid: PaymentId | None = None

    def follow(self, shown: Shown, now: Instant) -> None:
        """The glass may have changed: say so if that is news. Who leaves takes the half-said sentence along."""
        news = aloud.of(shown, now)
        if news == self._told:
            return
        told, self._told = self._told, news
        if told is None and news.state == "paid":
            # What stands there when the program begins was told before it ended.
            self._paid = news.payment
        if news.state == "paid" and news.payment != self._paid:
            # Once, also when the slip waited for paper meanwhile: a second chime is a second payment.
            self._paid = news.payment
            has_slip = self._has_printer and aloud.has_slip(shown)
            self._voice.say_all(
                speech.announcement(news.amount, news.language, self._always, has_slip=has_slip),
                is_asked=shown.front.is_listening,
            )
        elif shown.front.is_listening:
            self._say(shown, aloud.news_of(told, news), now)
        elif told is not None and told.payment not in {None, news.payment}:
            self._voice.hush()

    def answer(self, shown: Shown, now: Instant) -> None:
        """Somebody pressed the listening key: say the whole screen, whether it is news or not."""
        self._told = aloud.of(shown, now)
        self._say(shown, self._told, now)

    def test(self) -> None:
        """A technician wants to hear whether anything can be heard."""
        self._voice.say((speech.CHIME, ".", *speech.amount_clips(123_000, "vi")), "vi", is_asked=True)

    def _say(self, shown: Shown, news: Aloud, now: Instant) -> None:
        minutes = aloud.minutes_left(shown, now)
        has_slip = self._has_printer and aloud.has_slip(shown)
        clips = speech.state_clips(news.state, news.amount, news.language, minutes_left=minutes, has_slip=has_slip)
        self._voice.say(clips, news.language, is_asked=True)
