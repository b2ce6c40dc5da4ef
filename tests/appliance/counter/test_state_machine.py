"""One counter through whole days of bad luck: what stands on its glass is always this citizen's, valid, and verified.

Runner, journal (in memory), glass and screens are the real ones; only the pixels are missing. The office's words arrive
late, twice, forged and in any order; somebody touches everything; slips end in every way; the power goes.

QUAYTHU_SEQUENCES says how many such days are tried (300 unless told; 10000 take about a quarter of an hour).
"""

import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import inf
from pathlib import Path
from uuid import uuid4

import numpy as np
import zxingcpp
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule
from pydantic import TypeAdapter

from appliance import catalogue, logs
from appliance.counter.events import (
    Event,
    LinkChanged,
    Painted,
    PrintEnded,
    PrinterReady,
    SlipJob,
    Tick,
    Unusable,
)
from appliance.counter.front import Manners, Pin, payment_on
from appliance.counter.look import Look
from appliance.counter.session import due_at, step
from appliance.counter.shown import Health
from appliance.counter.slips import COPIES_DO_NOT_WAIT
from appliance.counter.state import Idle, Paying, Session
from appliance.courier import Parcel
from appliance.glass import FINGER_S, Glass
from appliance.journal import Journal
from appliance.runner import Runner
from drivers.display import Display, Touch
from drivers.qr import QUIET_MODULES, QrMatrix
from drivers.scene import Scene, Size
from mqtt_schema.messages import (
    Body,
    Displayed,
    Envelope,
    Language,
    Outcome,
    PaymentCancellation,
    PaymentChecking,
    PaymentParking,
    PaymentPreparing,
    PaymentRequest,
    PaymentResult,
    PaymentWaived,
    ReceiptReport,
    Reprint,
    ScreenName,
    SlipOutcome,
    SlipRelease,
    SlipReleased,
    SlipWanted,
    Trouble,
)
from tests.support.lawful import check_session
from tests.support.spoken import (
    RULES,
    THEIRS,
    Forgeable,
    at,
    cards,
    envelope,
    forged,
    memo,
    payment,
    reprint,
    request,
    result,
    slip,
)

SEQUENCES = int(os.environ.get("QUAYTHU_SEQUENCES", "300"))
STEPS = 40

PEOPLE = range(1, 4)
NUMBERS = st.sampled_from(PEOPLE)
VALID_S = st.sampled_from([1, 10, 60, 300, 300])
WHEN = st.sampled_from(["now", "now", "later"])
End = type[PaymentCancellation | PaymentParking | PaymentWaived]
ENDS: tuple[End, ...] = (PaymentCancellation, PaymentParking, PaymentWaived)
PIN_DIGITS = "260411"
MANNERS = Manners(pin=Pin.of(PIN_DIGITS, b"a counter's salt"))
SIZES = (Size(1024, 600), Size(800, 480), Size(720, 1280))
LOOKS = {size: Look.of(size, "Quầy số 1", catalogue.read()) for size in SIZES}
SESSION: TypeAdapter[Session] = TypeAdapter(Session)

AMOUNT_IN_WORDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,]\d{3})+(?![\d.,])")
Forgery = Forgeable | str
FORGERIES = ("crc", "beneficiary", "amount", "reference", "another account", "another clock", "another sum")


def amount_of(number: int) -> int:
    """Everybody owes another amount, so that each tells whose it is."""
    return 10_000 + 1_111 * number


def asked(number: int, expires_s: float, *, is_on_behalf: bool = False, more: int = 0) -> PaymentRequest:
    """What the office asks of person `number`, with a dossier and a name that nobody else has."""
    made = request(number, amount=amount_of(number) + more, expires_s=expires_s, is_on_behalf=is_on_behalf)
    return personal(made, number)


def personal(made: PaymentRequest, number: int) -> PaymentRequest:
    lines = tuple(line.model_copy(update={"dossier": f"H26.1-261122-{dossier(number)}"}) for line in made.lines)
    return made.model_copy(update={"lines": lines, "payer": payer(number)})


def dossier(number: int) -> str:
    return f"77{number:02}"


def payer(number: int) -> str:
    return f"N*** {'ABCDE'[number - 1]}***Q"


def forgery(kind: str, number: int, expires_s: float) -> PaymentRequest:
    """What no honest office would send to this counter."""
    honest = asked(number, expires_s)
    match kind:
        case "another account":
            return personal(request(number, amount=honest.amount, expires_s=expires_s, beneficiary=THEIRS), number)
        case "another clock":
            return honest
        case "another sum":
            return honest.model_copy(update={"lines": (*honest.lines, *honest.lines)})
        case "crc" | "beneficiary" | "amount" | "reference":
            return personal(forged(kind, number, amount=honest.amount, expires_s=expires_s), number)
    raise AssertionError(kind)


@dataclass(frozen=True)
class Word:
    """A message under way, and whether the counter may believe it."""

    envelope: Envelope
    about: int
    is_honest: bool = True


@dataclass
class Truth:
    """What may stand on a glass, known from the words alone and kept without looking at the session.

    `open`: the honest requests of a payment since the last word that ended it. `paid`: amounts that the bank confirmed.
    """

    last: dict[int, int] = field(default_factory=dict)
    open: dict[int, list[PaymentRequest]] = field(default_factory=dict)
    paid: dict[int, set[int]] = field(default_factory=dict)

    def hear(self, word: Word) -> None:
        body, number = word.envelope.body, word.about
        if not isinstance(
            body, PaymentRequest | PaymentResult | PaymentCancellation | PaymentParking | PaymentWaived
        ) or word.envelope.sequence <= self.last.get(number, 0):
            return
        self.last[number] = word.envelope.sequence
        if isinstance(body, PaymentRequest) and word.is_honest:
            self.open.setdefault(number, []).append(body)
            return
        self.open[number] = []
        if isinstance(body, PaymentResult) and body.outcome is Outcome.PAID:
            self.paid.setdefault(number, set()).add(body.amount)


@dataclass
class Papers:
    """What is on paper of the originals, and what may come on it; kept without looking at the session.

    `ends`: how the last attempt ended, None while it is under way. `let_go`: the office has it again. `due_s`: since
    when somebody may wait for it. `again`: what may be begun once more, though it ended *not printed* before.
    """

    ends: dict[str, SlipOutcome | None] = field(default_factory=dict)
    let_go: set[str] = field(default_factory=set)
    words: dict[str, int] = field(default_factory=dict)
    due_s: dict[str, float] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)

    def is_clean(self, payment_id: str) -> bool:
        """Whether certainly no ink of it is on paper."""
        return self.ends.get(payment_id, SlipOutcome.NOT_PRINTED) is SlipOutcome.NOT_PRINTED

    def begin(self, payment_id: str) -> None:
        assert self.is_clean(payment_id), "an original was begun twice"
        assert payment_id not in self.let_go, "what was let go is printed"
        assert payment_id not in self.ends or payment_id in self.again, "nobody wanted it any more"
        self.again.discard(payment_id)
        self.ends[payment_id] = None

    def want(self, payment_id: str, sequence: int) -> None:
        if sequence > self.words.get(payment_id, 0):
            self.words[payment_id] = sequence
            self.let_go.discard(payment_id)
            if self.is_clean(payment_id):
                self.again.add(payment_id)

    def answered(self, payment_id: str, sequence: int, *, is_released: bool) -> None:
        if sequence <= self.words.get(payment_id, 0):
            assert not is_released or payment_id in self.let_go, "an old question was answered for a new one"
            return
        self.words[payment_id] = sequence
        assert is_released == self.is_clean(payment_id), "let go of what is on paper, or kept what is not"
        if is_released:
            self.let_go.add(payment_id)
            self.again.discard(payment_id)


@lru_cache(maxsize=1000)
def read(matrix: QrMatrix) -> str:
    """What a telephone reads, not what an encoder meant."""
    dark = np.array([list(row) for row in matrix.rows], dtype=np.uint8)
    picture = np.kron(np.pad(255 * (1 - dark), QUIET_MODULES, constant_values=255), np.ones((3, 3), dtype=np.uint8))
    [found] = zxingcpp.read_barcodes(picture.astype(np.uint8))
    return found.text


class Slate(Display):
    """A glass that keeps scenes instead of painting them: `scene` is what stands there."""

    def __init__(self, size: Size, judge: Callable[[Scene], None] = lambda _scene: None) -> None:
        """`judge` looks at every single frame, however short it stands."""
        self._size = size
        self._judge = judge
        self._fingers: list[Touch] = []
        self.scene = Scene(size, (0, 0, 0))

    @property
    def size(self) -> Size:
        return self._size

    @property
    def wants_close(self) -> bool:
        return False

    def show(self, scene: Scene) -> None:
        assert scene.size == self._size
        self._judge(scene)
        self.scene = scene

    def touch(self, x: int, y: int, *, is_down: bool = True) -> None:
        self._fingers.append(Touch(x, y, is_down))

    def touches(self) -> list[Touch]:
        touched, self._fingers = self._fingers, []
        return touched

    def digest(self) -> str:
        return f"{hash(self.scene) % 2**256:064x}"

    def png(self) -> bytes:
        return b""

    def close(self) -> None:
        self.show(Scene(self._size, (0, 0, 0)))


class Day(RuleBasedStateMachine):
    """One counter, from the first person to the last."""

    said = Bundle("said")

    def __init__(self) -> None:
        super().__init__()
        self.quiet = ExitStack()
        self.quiet.enter_context(logs.kept())
        self.now_s = 0.0
        self.last_sequence = 0
        self.truth = Truth()
        self.told: list[Body] = []
        self.papers = Papers()
        self.display = Slate(SIZES[0], self.judge)
        self.journal = Journal(Path(":memory:"), self.seal)
        self.start()

    def start(self) -> None:
        self.runner = Runner(self.journal, RULES, self.begin_to_print, self.show_code)
        self.glass = Glass(self.display, LOOKS[self.display.size], MANNERS, Health)
        self.runner.recover(at(self.now_s))
        self.show()
        self.turn()

    def teardown(self) -> None:
        self.journal.close()
        self.quiet.close()

    @property
    def session(self) -> Session:
        return self.runner.session

    def seal(self, body: Body, sequence: int) -> Parcel:
        """What the counter says leaves through here, so it is judged here."""
        self.told.append(body)
        if isinstance(body, Displayed):
            self.check_claim(body)
        if isinstance(body, ReceiptReport) and not body.is_copy:
            self.papers.ends[body.payment] = body.outcome
        return Parcel(uuid4().hex, "quay-1", sequence, body.type, "", b"")

    def begin_to_print(self, job: SlipJob) -> None:
        if not job.is_copy:
            self.papers.begin(job.payment)

    # One turn of the counter's loop, as the program makes it

    def show_code(self, session: Session) -> Painted | None:
        self.glass.show(session, at(self.now_s))
        glass, seen = session.glass, self.glass.seen
        if not isinstance(glass, Paying) or seen is None or seen.payment != glass.request.payment:
            return None
        return Painted(at(self.now_s), glass.request.payment, seen.pixels)

    def turn(self) -> None:
        for answer in self.glass.touches(at(self.now_s)):
            for event in answer.events:
                self.take(event)
        due = due_at(self.session)
        if due is not None and at(self.now_s) >= due:
            self.take(Tick(at(self.now_s)))
        self.show()

    def show(self) -> None:
        self.glass.show(self.session, at(self.now_s))
        glass, seen = self.session.glass, self.glass.seen
        if isinstance(glass, Paying) and not glass.is_reported and seen and seen.payment == glass.request.payment:
            self.take(Painted(at(self.now_s), glass.request.payment, seen.pixels))

    def take(self, event: Event) -> None:
        before = self.session
        self.runner.step(event)
        self.none_was_silently_replaced(before, "")

    def none_was_silently_replaced(self, before: Session, about: str) -> None:
        """Who stood on the glass or waited is still there, or something was said about exactly that payment."""
        after = self.session
        here = {one.payment for one in after.waiting}
        if isinstance(after.glass, Paying):
            here.add(after.glass.request.payment)
        for one in ((before.glass.request,) if isinstance(before.glass, Paying) else ()) + before.waiting:
            assert one.payment in here or one.payment == about or at(self.now_s) >= one.expires_at

    # What the office says, and what somebody else says in its name. Words arrive at once, or later, or again and again

    def word(self, body: Body, number: int, when: str, *, is_honest: bool = True, issued_s: float = 0) -> Word:
        self.last_sequence += 1
        said = Word(envelope(body, self.last_sequence, self.now_s + issued_s), number, is_honest)
        if when == "now":
            self.arrive(said)
        return said

    @rule(target=said, number=NUMBERS, valid_s=VALID_S, is_on_behalf=st.sampled_from([False, False, True]), when=WHEN)
    def the_office_asks(self, number: int, valid_s: int, is_on_behalf: bool, when: str) -> Word:
        return self.word(asked(number, self.now_s + valid_s, is_on_behalf=is_on_behalf), number, when)

    @rule(target=said, valid_s=VALID_S, more=st.sampled_from([0, 0, 1_000_000]), when=WHEN)
    def the_office_gives_more_time(self, valid_s: int, more: int, when: str) -> Word:
        """To whoever stands there; now and then what it asks is another sum, which must not come to the glass."""
        number = number_of(payment_on(self.session.glass)) or 1
        return self.word(asked(number, self.now_s + valid_s, more=more), number, when)

    @rule(target=said, number=NUMBERS, kind=st.sampled_from(FORGERIES), when=WHEN)
    def somebody_forges(self, number: int, kind: str, when: str) -> Word:
        issued_s = 10_000 if kind == "another clock" else 0
        made = forgery(kind, number, self.now_s + 300)
        return self.word(made, number, when, is_honest=False, issued_s=issued_s)

    @rule(target=said, number=NUMBERS, outcome=st.sampled_from([Outcome.PAID, *Outcome]), when=WHEN)
    def the_bank_speaks(self, number: int, outcome: Outcome, when: str) -> Word:
        return self.word(result(number, outcome, amount_of(number)), number, when)

    @rule(target=said, number=NUMBERS, end=st.sampled_from(ENDS), when=WHEN)
    def the_clerk_ends_it(self, number: int, end: End, when: str) -> Word:
        return self.word(end(payment=payment(number)), number, when)

    @rule(target=said, number=NUMBERS, when=WHEN)
    def the_clerk_wants_a_copy(self, number: int, when: str) -> Word:
        return self.word(reprint(number, amount_of(number)), number, when)

    @rule(target=said, number=NUMBERS, when=WHEN)
    def the_desk_wants_a_slip(self, number: int, when: str) -> Word:
        wish = SlipWanted(payment=payment(number), slip=slip(number, amount_of(number)), asked_by="Nguyễn Thị Bình")
        return self.word(wish, number, when)

    @rule(target=said, number=NUMBERS, when=WHEN)
    def the_office_takes_a_slip_back(self, number: int, when: str) -> Word:
        return self.word(SlipRelease(payment=payment(number)), number, when)

    @rule(is_checking=st.booleans())
    def the_clerk_is_at_work(self, is_checking: bool) -> None:
        about = payment_on(self.session.glass) or payment(1)
        self.word(PaymentChecking(payment=about) if is_checking else PaymentPreparing(), 0, "now")

    @rule(word=said, is_sent_anew=st.booleans())
    def a_word_arrives(self, word: Word, is_sent_anew: bool) -> None:
        """At any time, in any order, any number of times; the same id goes no further, as the courier sees to."""
        if is_sent_anew and not isinstance(word.envelope.body, Reprint):
            word = replace(word, envelope=word.envelope.model_copy(update={"id": uuid4().hex}))
        self.arrive(word)

    def arrive(self, word: Word) -> None:
        if self.journal.has_received(word.envelope.id):
            return
        before, about = self.session, payment(word.about)
        self.truth.hear(word)
        body, sequence = word.envelope.body, word.envelope.sequence
        if isinstance(body, SlipWanted):
            self.papers.want(about, sequence)
        self.told.clear()
        self.runner.take(word.envelope, at(self.now_s))
        if isinstance(body, SlipRelease):
            [answer] = [said for said in self.told if isinstance(said, SlipReleased)]
            self.papers.answered(about, sequence, is_released=answer.is_released)
        if about in to_print(self.session) - to_print(before):
            self.papers.due_s[about] = self.now_s
        self.none_was_silently_replaced(before, about)
        self.turn()

    @rule(what=st.sampled_from(["rubbish", "cards", "link", "no link", "key", "forget", "printer"]))
    def something_small_happens(self, what: str) -> None:
        before = self.session
        match what:
            case "rubbish":
                self.take(Unusable(at(self.now_s), Trouble(kind="malformed", detail="not JSON")))
                assert self.session == before
            case "cards":
                self.word(cards("chay-no", "lua-dao"), 0, "now")
            case "link" | "no link":
                self.take(LinkChanged(at(self.now_s), what == "link"))
            case "key":
                self.glass.listen(at(self.now_s))
            case "forget":
                self.journal.forget_before(at(self.now_s - 1000))
            case "printer" if not any(job.is_started for job in before.slips):
                self.take(PrintEnded(at(self.now_s), payment(1), False, SlipOutcome.PRINTED))
                assert self.session == before, "it spoke out of turn"
        self.turn()

    # Time, paper, power and people

    @precondition(lambda self: due_at(self.session) is not None)
    @rule(late_s=st.sampled_from([0, 0.016, 0.9]))
    def time_passes_until_something_is_due(self, late_s: float) -> None:
        due = due_at(self.session)
        assert due is not None
        self.time_passes(max(0, (due - at(self.now_s)).total_seconds()) + late_s)

    @rule(seconds=st.floats(0, 40) | st.sampled_from([1, 60, 400, 1000]))
    def time_passes(self, seconds: float) -> None:
        """As the program does: it wakes when something is due, as often as that is."""
        self.now_s += seconds
        for _ in range(20):
            due = due_at(self.session)
            if due is None or due > at(self.now_s):
                self.turn()
                return
            self.turn()
        raise AssertionError("the session is due for ever")

    @precondition(lambda self: any(job.is_started for job in self.session.slips))
    @rule(outcome=st.sampled_from(SlipOutcome))
    def the_printer_is_done(self, outcome: SlipOutcome) -> None:
        [job] = [job for job in self.session.slips if job.is_started]
        self.told.clear()
        self.take(PrintEnded(at(self.now_s), job.payment, job.is_copy, outcome))
        reason = COPIES_DO_NOT_WAIT if job.is_copy and outcome is SlipOutcome.NOT_PRINTED else ""
        assert ReceiptReport(payment=job.payment, is_copy=job.is_copy, outcome=outcome, reason=reason) in self.told
        self.turn()

    @rule(
        slips=st.lists(st.tuples(NUMBERS, st.sampled_from([None, *SlipOutcome])), min_size=1, max_size=3),
        pause_s=st.sampled_from([0, 1, 20, 100]),
    )
    def several_pay(self, slips: list[tuple[int, SlipOutcome | None]], pause_s: int) -> None:
        """One after the other; their slips end in every way, or not yet."""
        for number, outcome in slips:
            self.word(result(number, Outcome.PAID, amount_of(number)), number, "now")
            while outcome is not None and any(job.is_started for job in self.session.slips):
                self.the_printer_is_done(outcome)
            self.time_passes(pause_s)

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=3), kinds=st.lists(st.booleans(), min_size=1, max_size=3))
    def the_desk_cannot_decide(self, numbers: list[int], kinds: list[bool]) -> None:
        """Wished for, taken back, wished for again, while whatever is on its way is on its way."""
        for number in numbers:
            for is_wish in kinds:
                if is_wish:
                    self.the_desk_wants_a_slip(number, "now")
                else:
                    self.the_office_takes_a_slip_back(number, "now")

    @precondition(lambda self: self.session.shelf)
    @rule()
    def paper_is_back(self) -> None:
        """At most one slip leaves the shelf: the last, if somebody may still wait for it."""
        before = [shelved.payment for shelved in self.session.shelf]
        last = before[-1]
        is_awaited = (
            self.now_s < self.papers.due_s.get(last, -inf) + RULES.lingers_s or payment_on(self.session.glass) == last
        )
        if is_awaited:
            self.papers.again.add(last)
        self.take(PrinterReady(at(self.now_s)))
        left = set(before) - {shelved.payment for shelved in self.session.shelf}
        assert left <= ({last} if is_awaited else set()), "stale slips print by themselves"
        if not left:
            self.papers.again.discard(last)
        self.turn()

    @rule(which=st.integers(0, 30), is_held=st.booleans(), is_hasty=st.booleans())
    def somebody_touches(self, which: int, is_held: bool, is_hasty: bool) -> None:
        """Whatever can be touched, wherever the scene says that it is; now and then beside everything, or too soon."""
        if not is_hasty:
            self.time_passes(FINGER_S)
        targets = self.display.scene.targets
        x, y = targets[which % len(targets)].rect.centre if targets and which < 28 else (1, 1)
        self.display.touch(x, y)
        self.turn()
        if is_held:
            self.time_passes(MANNERS.long_press_s)
        self.display.touch(x, y, is_down=False)
        self.turn()

    @precondition(lambda self: self.glass.front.page == "pin")
    @rule(is_right=st.booleans())
    def a_pin_is_typed(self, is_right: bool) -> None:
        self.time_passes(FINGER_S)
        places = {target.name: target.rect.centre for target in self.display.scene.targets}
        for digit in PIN_DIGITS if is_right else "000000":
            if digit in places and self.glass.front.page == "pin":
                self.display.touch(*places[digit])
                self.turn()

    @rule(seconds=st.floats(0, 700), size=st.sampled_from(SIZES))
    def the_power_goes(self, seconds: float, size: Size) -> None:
        """Recovery folds the journal; what had begun to print is asked about, never repeated. The glass may be new."""
        had_begun = [job for job in self.session.slips if job.is_started]
        folded, since = self.journal.recover()
        for event in since:
            folded = step(folded, event, RULES).session
        assert replace(folded, is_linked=False) == replace(self.session, is_linked=False)
        self.now_s += seconds
        self.told.clear()
        self.display = Slate(size, self.judge)
        self.start()
        reports = [body for body in self.told if isinstance(body, ReceiptReport)]
        asked_about = [(one.payment, one.is_copy) for one in reports if one.outcome is SlipOutcome.POSSIBLY_PRINTED]
        assert asked_about == [(job.payment, job.is_copy) for job in had_begun]
        too_late = [one for one in reports if one.outcome is SlipOutcome.NOT_PRINTED and not one.is_copy]
        assert {one.payment for one in too_late} <= {shelved.payment for shelved in self.session.shelf}
        self.time_passes(0)

    # What must hold, whatever happened

    def judge(self, frame: Scene) -> None:
        """No code stands for a single frame that no honest office asked for, or that has run out."""
        valid = [one for asked_of in self.truth.open.values() for one in asked_of if at(self.now_s) < one.expires_at]
        for code in frame.codes():
            assert read(code.matrix) in {one.payload for one in valid}

    @invariant()
    def the_state_is_one_of_ours_and_survives_the_disk(self) -> None:
        check_session(self.session)
        assert SESSION.validate_json(SESSION.dump_json(self.session)) == self.session

    @invariant()
    def every_slip_is_on_paper_or_asked_about_or_waits_or_was_let_go(self) -> None:
        """Nothing is silently lost; and whoever paid was owed a slip."""
        here = owed(self.session)
        for word in self.session.heard:
            if word.had_slip:
                is_settled = not self.papers.is_clean(word.payment) or word.payment in self.papers.let_go
                assert (word.payment in here) or is_settled, "a slip is lost"
        had_slip = {word.payment for word in self.session.heard if word.had_slip}
        assert {payment(number) for number in self.truth.paid} <= had_slip

    @invariant()
    def every_code_is_honest_valid_and_of_whom_the_desk_believes(self) -> None:
        codes = list(self.display.scene.codes())
        seen = self.glass.seen
        assert seen is not None
        assert len(codes) == (seen.screen is ScreenName.CODE)
        if codes:
            self.check_countdown()
        for code in codes:
            number = number_of(seen.payment)
            valid = [one for one in self.truth.open.get(number, ()) if at(self.now_s) < one.expires_at]
            assert read(code.matrix) in {one.payload for one in valid if not one.is_on_behalf}

    def check_countdown(self) -> None:
        assert isinstance(self.session.glass, Paying)
        left_s = int(self.session.glass.request.expires_at.timestamp()) - int(at(self.now_s).timestamp())
        words = "".join(text.text for text in self.display.scene.texts())
        assert f"{left_s // 60}:{left_s % 60:02}" in words, "the time on the glass is not the time that is left"

    @invariant()
    def what_was_promised_on_the_glass_never_changes(self) -> None:
        before, now = self.promised, self.session.glass
        if isinstance(now, Paying) and before is not None and before.payment == now.request.payment:
            assert before.model_copy(update={"expires_at": now.request.expires_at}) == now.request
        self.promised = now.request if isinstance(now, Paying) else None

    promised: PaymentRequest | None = None

    @invariant()
    def every_amount_is_of_whom_the_desk_believes_and_verified(self) -> None:
        seen = self.glass.seen
        assert seen is not None
        number = number_of(seen.payment)
        promised = {one.amount for one in self.truth.open.get(number, ()) if at(self.now_s) < one.expires_at}
        asking = {ScreenName.CODE, ScreenName.ON_BEHALF, ScreenName.CHECKING}
        verified = promised if seen.screen in asking else self.truth.paid.get(number, set())
        may_stand = verified if seen.screen in {*asking, ScreenName.PAID} else set()
        said = self.amounts_said()
        assert said <= may_stand, "an amount that nobody verified"
        assert len(said) <= 1
        if seen.amount is not None:
            assert seen.amount in may_stand
            assert said == {seen.amount} or list(self.display.scene.codes()), "the desk believes in what nobody sees"

    def amounts_said(self) -> set[int]:
        found = (AMOUNT_IN_WORDS.findall(text.text) for text in self.display.scene.texts())
        return {int(re.sub(r"[.,]", "", amount)) for amounts in found for amount in amounts}

    @invariant()
    def no_word_on_the_glass_is_of_another_citizen(self) -> None:
        seen = self.glass.seen
        assert seen is not None
        words = " ".join(text.text for text in self.display.scene.texts())
        for number in PEOPLE:
            if seen.payment != payment(number):
                assert not [mark for mark in (memo(number), dossier(number), payer(number)) if mark in words]

    @invariant()
    def a_screen_of_nobody_speaks_vietnamese_again_in_time(self) -> None:
        """Who has gone takes the choice of language along; the next person finds the glass as it was made."""
        here, front = payment_on(self.session.glass), self.glass.front
        assert not front.is_asleep or isinstance(self.session.glass, Idle)
        language: Language = "vi"
        if self.left != here:
            assert self.left is None or front.language == language
        self.left = here

    left: str | None = None

    def check_claim(self, claim: Displayed) -> None:
        """What the counter says that it painted stands there at this moment."""
        codes = [read(code.matrix) for code in self.display.scene.codes()]
        assert codes == ([claim.payload] if claim.payload else [])
        assert claim.amount in {one.amount for one in self.truth.open[number_of(claim.payment)]}


def to_print(session: Session) -> set[str]:
    """Whose original is to be printed now; also once more, as somebody wishes what lay on the shelf."""
    return {job.payment for job in session.slips if not job.is_copy}


def owed(session: Session) -> set[str]:
    """Whose original is still to come, or is on its way."""
    return to_print(session) | {shelved.payment for shelved in session.shelf}


def number_of(payment_id: str | None) -> int:
    return int(payment_id, 16) if payment_id else 0


TestALongDayWithABadNetwork = Day.TestCase
TestALongDayWithABadNetwork.settings = settings(
    max_examples=SEQUENCES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
