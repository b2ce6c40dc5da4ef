"""Pure: what a counter remembers of payments: the last word on each, and the end of its slip. It decides nothing."""

from dataclasses import replace

from appliance.counter.state import Heard, Session, SlipEnd
from mqtt_schema.types import PaymentId

REMEMBERED = 200
"""So many payments are remembered, so that a late or repeated word about one of them changes nothing.

Those whose slip is still here are remembered besides, however long ago they were.
"""


def word_on(session: Session, payment: PaymentId) -> Heard:
    """What was heard of this payment; of one that is not known: nothing."""
    return next((word for word in session.heard if word.payment == payment), Heard(payment, 0))


def is_stale(session: Session, payment: PaymentId, sequence: int) -> bool:
    """Whether a later word, or this very one, was heard before."""
    return sequence <= word_on(session, payment).sequence


def hear(session: Session, payment: PaymentId, sequence: int) -> Session:
    """The last word on this payment is the one with this sequence."""
    return _remember(session, replace(word_on(session, payment), sequence=sequence))


def hear_of_slip(session: Session, payment: PaymentId, sequence: int) -> Session:
    """The last word on this payment's slip is the one with this sequence."""
    return _remember(session, replace(word_on(session, payment), slip_sequence=sequence))


def note_slip(session: Session, payment: PaymentId, end: SlipEnd | None) -> Session:
    """There was a slip for this payment, and this became of it; None: it is here."""
    return _remember(session, replace(word_on(session, payment), had_slip=True, slip_end=end))


def _remember(session: Session, word: Heard) -> Session:
    """The newest last; the oldest is forgotten, unless its slip is still here."""
    words = (*(other for other in session.heard if other.payment != word.payment), word)
    here = {job.payment for job in session.slips} | {shelved.payment for shelved in session.shelf}
    forgotten = words[:-REMEMBERED]
    return replace(session, heard=(*(old for old in forgotten if old.payment in here), *words[-REMEMBERED:]))
