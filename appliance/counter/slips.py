"""Pure: the slips of one counter: which is to begin, which waits on the shelf for paper, and what became of each.

Rules of the house:

1. An original begins once, and again only if its last attempt ended *not printed*: then no ink of it can be on paper.
2. What could not print lies on the shelf. When the printer is ready again only the last of them prints by itself, and
   only while its citizen may still be there. For the others somebody at the desk has to ask: never all at once.
3. What the office was let have again is printed here only if a later word wants it.
4. A copy was asked for by a human, who hears how it ended: it does not wait on the shelf.
5. The shelf keeps the words of a slip only while it may print by itself. Wanted later, they come with the wish.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Literal, assert_never

from appliance.counter import memory
from appliance.counter.events import (
    CopyAsked,
    PrintEnded,
    PrintStarted,
    ReleasedByClerk,
    Report,
    SlipJob,
    Tell,
    WantedByClerk,
)
from appliance.counter.state import Notice, Rules, Session, Shelved, SlipPhase, Step
from mqtt_schema.messages import ReceiptReport, Slip, SlipOutcome, SlipReleased
from mqtt_schema.types import Instant, PaymentId

SHELF_HOLDS = 200
"""Of more slips the counter lets go: the office knows them all, and may send any of them back."""

TRIES = 3
"""So often a slip begins by itself because the printer is ready: one that never stays so must not be tried for ever."""

CARD_CHANGE = timedelta(seconds=60)
"""Nobody changes a card faster; what is older than this memory by no more came while this very counter started."""

RESTARTED_IN_PRINT = "Quầy khởi động lại khi đang in phiếu"
RESTARTED_TOO_LATE = "Quầy khởi động lại khi phiếu đã quá lâu"
CAME_TOO_LATE = "Kết quả đến quầy quá muộn, người nộp có thể đã về"
ALREADY = "Quầy này đã in phiếu này"
PERHAPS_ALREADY = "Quầy này có thể đã in phiếu này, hãy xem giấy"
BEFORE_THIS_CARD = "Thẻ nhớ của quầy mới thay, phiếu có thể đã in trước đó, hãy xem giấy"
COPIES_DO_NOT_WAIT = "bản sao không chờ giấy, hãy yêu cầu in lại"

Fate = Literal["unknown", "due", "begun", "shelved", "printed", "unsure", "released"]


def fate(session: Session, payment: PaymentId) -> Fate:
    """What became of a payment's original at this counter. *Unknown*: it never was here, or so long ago."""
    job = _job(session, payment, is_copy=False)
    if job is not None:
        return "begun" if job.is_started else "due"
    if any(shelved.payment == payment for shelved in session.shelf):
        return "shelved"
    word = memory.word_on(session, payment)
    # A slip of whose end nothing is known any more may have come out.
    return word.slip_end or ("unsure" if word.had_slip else "unknown")


def next_slip(session: Session) -> SlipJob | None:
    """The slip to begin now, or None: one at a time, in the order in which they became due."""
    if any(job.is_started for job in session.slips):
        return None
    return session.slips[0] if session.slips else None


# What becomes due


def owe(session: Session, payment: PaymentId, slip: Slip, at: Instant, rules: Rules) -> Session:
    """The original of a payment is due."""
    return _due(session, SlipJob(payment, slip, until=_until(at, rules)))


def is_before_memory(session: Session, moment: Instant) -> bool:
    """Whether this counter, with another card, may have done then what it knows nothing of."""
    return session.since is not None and session.since - moment > CARD_CHANGE


def perhaps_printed_before(session: Session, payment: PaymentId) -> Step:
    """A slip from before this counter's memory began: the card before it may have printed it. A human looks."""
    noted = _in_phase(memory.note_slip(session, payment, "unsure"), payment, "unsure")
    return Step(noted, (Tell(_report(payment, SlipOutcome.POSSIBLY_PRINTED, BEFORE_THIS_CARD)),))


def nobody_there(session: Session, payment: PaymentId, slip: Slip, at: Instant) -> Step:
    """The result comes so late that nobody waits for the slip: it lies on the shelf until somebody wants it."""
    job = SlipJob(payment, slip, until=at)
    kept = _shelve(memory.note_slip(session, payment, None), job, at, CAME_TOO_LATE)
    return Step(kept, (Tell(_report(payment, SlipOutcome.NOT_PRINTED, CAME_TOO_LATE)),))


def copy_asked(session: Session, event: CopyAsked, rules: Rules) -> Session:
    """A clerk wants a copy, whatever became of the original."""
    asked = event.reprint
    until, reason = _until(event.at, rules), asked.reason or ""
    job = SlipJob(asked.payment, asked.slip, is_copy=True, until=until, asked_by=asked.asked_by, reason=reason)
    return replace(session, slips=(*session.slips, job))


def copy_touched(session: Session, at: Instant, rules: Rules) -> Session:
    """The citizen wants another slip: granted once, and only after the first has come out."""
    match session.glass:
        case Notice(phase="printed", slip=Slip() as slip) as notice:
            job = SlipJob(notice.payment, slip, is_copy=True, until=_until(at, rules))
            shown = replace(notice, phase="due", slip=None)
            return replace(session, glass=shown, slips=(*session.slips, job))
    return session


def wanted(session: Session, event: WantedByClerk, rules: Rules) -> Step:
    """Print the original, if no paper of it can be there; else say once more what became of it."""
    payment = event.wanted.payment
    if event.sequence <= memory.word_on(session, payment).slip_sequence:
        return Step(session, (Report(f"stale wish for the slip of {payment}"),))
    heard = memory.hear_of_slip(session, payment, event.sequence)
    match fate(session, payment):
        case "due" | "begun":
            return Step(heard)  # it is on its way already, and its end will be told
        case "printed":
            return Step(heard, (Tell(_report(payment, SlipOutcome.PRINTED, ALREADY)),))
        case "unsure":
            return Step(heard, (Tell(_report(payment, SlipOutcome.POSSIBLY_PRINTED, PERHAPS_ALREADY)),))
        case "unknown" if is_before_memory(session, event.wanted.slip.paid_at):
            return perhaps_printed_before(heard, payment)
        case "shelved" | "released" | "unknown":
            return Step(owe(_off_the_shelf(heard, payment), payment, event.wanted.slip, event.at, rules))
        case never:
            assert_never(never)


def release(session: Session, event: ReleasedByClerk) -> Step:
    """Let go of a slip that has not begun, and say whether it is let go.

    One that was never here is let go, too: this counter would print it if it was wanted, so nothing of it is on paper
    here; and after this it will not print it, whatever older word still arrives.
    """
    payment = event.payment
    if event.sequence <= memory.word_on(session, payment).slip_sequence:
        return Step(session, (_released(payment, is_released=fate(session, payment) == "released"),))
    heard = memory.hear_of_slip(session, payment, event.sequence)
    match fate(session, payment):
        case "begun" | "printed" | "unsure":
            return Step(heard, (_released(payment, is_released=False),))
        case "due" | "shelved":
            heard = _in_phase(_off_the_shelf(_not_due(heard, payment), payment), payment, "waiting")
        case "released" | "unknown":
            pass
        case never:
            assert_never(never)
    return Step(memory.note_slip(heard, payment, "released"), (_released(payment, is_released=True),))


def ready(session: Session, at: Instant) -> Session:
    """The printer can print: the last slip on the shelf becomes due, if its citizen may still be there.

    Not beside the slip of somebody who came later, and not while nobody knows how late it is.
    """
    last = session.shelf[-1].job if session.shelf else None
    if last is None or last.tries >= TRIES or session.time != "known" or not _is_awaited(session, last, at):
        return session
    if any(not job.is_copy for job in session.slips):
        return session
    return _due(_off_the_shelf(session, last.payment), replace(last, tries=last.tries + 1))


# What a printer does with it


def started(session: Session, event: PrintStarted) -> Step:
    """The first byte is about to leave."""
    job = _job(session, event.payment, is_copy=event.is_copy)
    if job is None or any(other.is_started for other in session.slips):
        return Step(session, (Report(f"no slip is due for {event.payment}"),))
    return Step(_in_phase(_with_job(session, job, replace(job, is_started=True)), event.payment, "printing"))


def ended(session: Session, event: PrintEnded, rules: Rules) -> Step:
    """The printer has done what it could."""
    job = _job(session, event.payment, is_copy=event.is_copy)
    if job is None or not job.is_started:
        return Step(session, (Report(f"no slip was begun for {event.payment}"),))
    done = _with_job(session, job, None)
    done = _copy_ended(done, job, event.outcome) if job.is_copy else _original_ended(done, job, event)
    at_least = event.at + timedelta(seconds=rules.slip_s)
    match done.glass:
        case Notice(payment=payment, until=until) as notice if payment == event.payment and until < at_least:
            done = replace(done, glass=replace(notice, until=at_least))
    is_dropped = job.is_copy and event.outcome is SlipOutcome.NOT_PRINTED
    reason = _joined(event.reason, COPIES_DO_NOT_WAIT) if is_dropped else event.reason
    return Step(done, (Tell(_report(event.payment, event.outcome, reason, is_copy=job.is_copy)),))


def _original_ended(session: Session, job: SlipJob, event: PrintEnded) -> Session:
    if event.outcome is SlipOutcome.NOT_PRINTED:
        return _shelve(session, job, event.at, event.reason)
    is_printed = event.outcome is SlipOutcome.PRINTED
    noted = memory.note_slip(session, job.payment, "printed" if is_printed else "unsure")
    return _in_phase(noted, job.payment, "printed" if is_printed else "unsure")


def _copy_ended(session: Session, job: SlipJob, outcome: SlipOutcome) -> Session:
    """Nothing came out: then the glass says of the slip what it said before, unless its citizen asked for the copy."""
    as_before: SlipPhase = _PHASE_OF[fate(session, job.payment)] if job.asked_by else "uncopied"
    phases: dict[SlipOutcome, SlipPhase] = {
        SlipOutcome.PRINTED: "printed",
        SlipOutcome.POSSIBLY_PRINTED: "unsure",
        SlipOutcome.NOT_PRINTED: as_before,
    }
    return _in_phase(session, job.payment, phases[outcome])


_PHASE_OF: dict[Fate, SlipPhase] = {
    "unknown": "none",
    "due": "due",
    "begun": "printing",
    "shelved": "waiting",
    "printed": "printed",
    "unsure": "unsure",
    "released": "waiting",
}


# Time, and restarts


def due_at(session: Session) -> Instant | None:
    """When the shelf forgets the words of the one slip that might print by itself."""
    last = session.shelf[-1].job if session.shelf else None
    if last is None or last.until is None:
        return None
    match session.glass:
        case Notice(payment=payment, until=until) if payment == last.payment:
            return max(until, last.until)
    return last.until


def pass_time(session: Session, at: Instant) -> Session:
    """Who has gone wants no paper any more, unless somebody says so."""
    shelf = tuple(
        shelved if shelved.job is None or _is_awaited(session, shelved.job, at) else replace(shelved, job=None)
        for shelved in session.shelf
    )
    return replace(session, shelf=shelf)


def step_clock(session: Session, step_s: float) -> Session:
    """The clock was put on or back while the counter stood there: nobody waits shorter or longer because of that."""
    by = timedelta(seconds=step_s)
    slips = tuple(_later(job, by) for job in session.slips)
    shelf = tuple(replace(shelved, job=shelved.job and _later(shelved.job, by)) for shelved in session.shelf)
    return replace(session, slips=slips, shelf=shelf)


def restarted(session: Session, at: Instant) -> Step:
    """What had not begun is still due, if it is not too late; of what had, nobody knows, so a human is asked."""
    begun = [job for job in session.slips if job.is_started]
    late = [job for job in session.slips if not job.is_started and not _is_awaited(session, job, at)]
    kept = replace(session, slips=tuple(job for job in session.slips if job not in begun and job not in late))
    for job in begun:
        kept = _in_phase(kept if job.is_copy else memory.note_slip(kept, job.payment, "unsure"), job.payment, "unsure")
    for job in late:
        kept = kept if job.is_copy else _shelve(kept, job, at, RESTARTED_TOO_LATE)
    asked = [
        _report(job.payment, SlipOutcome.POSSIBLY_PRINTED, RESTARTED_IN_PRINT, is_copy=job.is_copy) for job in begun
    ]
    told = [_report(job.payment, SlipOutcome.NOT_PRINTED, RESTARTED_TOO_LATE, is_copy=job.is_copy) for job in late]
    return Step(kept, tuple(Tell(report) for report in (*asked, *told)))


def _later(job: SlipJob, by: timedelta) -> SlipJob:
    return job if job.until is None else replace(job, until=job.until + by)


def _until(at: Instant, rules: Rules) -> Instant:
    return at + timedelta(seconds=rules.lingers_s)


def _is_awaited(session: Session, job: SlipJob, at: Instant) -> bool:
    """Whether somebody may stand there for it: it is not long due, or the glass still speaks of it."""
    if job.until is None or at < job.until:
        return True
    return isinstance(session.glass, Notice) and session.glass.payment == job.payment


# The shelf


def _shelve(session: Session, job: SlipJob, at: Instant, reason: str) -> Session:
    """Lay it on top: it is the only one that may still print by itself."""
    below = tuple(replace(shelved, job=None) for shelved in session.shelf)
    top = Shelved(job.payment, at, reason, replace(job, is_started=False))
    shelf = (*below, top)
    kept = _in_phase(replace(session, shelf=shelf[-SHELF_HOLDS:]), job.payment, "waiting")
    for fallen in shelf[:-SHELF_HOLDS]:
        kept = memory.note_slip(kept, fallen.payment, "released")
    return kept


def _off_the_shelf(session: Session, payment: PaymentId) -> Session:
    return replace(session, shelf=tuple(shelved for shelved in session.shelf if shelved.payment != payment))


# Jobs


def _due(session: Session, job: SlipJob) -> Session:
    owed = replace(session, slips=(*session.slips, job))
    return _in_phase(memory.note_slip(owed, job.payment, None), job.payment, "due")


def _not_due(session: Session, payment: PaymentId) -> Session:
    return replace(session, slips=tuple(job for job in session.slips if job.is_copy or job.payment != payment))


def _job(session: Session, payment: PaymentId, *, is_copy: bool) -> SlipJob | None:
    return next((job for job in session.slips if (job.payment, job.is_copy) == (payment, is_copy)), None)


def _with_job(session: Session, job: SlipJob, instead: SlipJob | None) -> Session:
    """Replace the first equal job, or take it away."""
    place = session.slips.index(job)
    middle = () if instead is None else (instead,)
    return replace(session, slips=(*session.slips[:place], *middle, *session.slips[place + 1 :]))


def _in_phase(session: Session, payment: PaymentId, phase: SlipPhase) -> Session:
    match session.glass:
        case Notice() as notice if notice.payment == payment:
            return replace(session, glass=replace(notice, phase=phase))
    return session


# What is said


def _report(payment: PaymentId, outcome: SlipOutcome, reason: str, *, is_copy: bool = False) -> ReceiptReport:
    return ReceiptReport(payment=payment, outcome=outcome, is_copy=is_copy, reason=reason[:300])


def _released(payment: PaymentId, *, is_released: bool) -> Tell:
    return Tell(SlipReleased(payment=payment, is_released=is_released))


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
