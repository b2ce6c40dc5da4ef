"""Pure: what the session believes besides the office's words: what time it is, and whose accounts are allowed.

Without a known time no code is shown, none expires and none comes back: it stands behind another screen meanwhile.
"""

from dataclasses import replace
from datetime import timedelta

from appliance.counter.state import Notice, Paying, Preparing, Rules, Session
from appliance.timekeeping import TimeKnown
from mqtt_schema.messages import Beneficiary
from mqtt_schema.types import Instant


def is_allowed(session: Session, beneficiary: Beneficiary, at: Instant | None, rules: Rules) -> bool:
    """Whether this account's code may be shown. Without a known time (`at` is None) its own times do not count."""
    if session.allowed is None:
        return beneficiary in rules.beneficiaries
    return any(one.allows(beneficiary) and (at is None or one.is_valid_at(at)) for one in session.allowed)


def at_time(session: Session, time: TimeKnown, step_s: float) -> Session:
    """The same state, with another knowledge of the time.

    What lasts for so many seconds from when somebody touched or heard something goes on to last so long, though the
    clock was put on or back meanwhile. Not so a code: until when it may be paid, the office has said.
    """
    by = timedelta(seconds=step_s)
    help_ = session.help and replace(session.help, until=session.help.until + by)
    match session.glass:
        case Notice(until=until) | Preparing(until=until):
            glass = replace(session.glass, until=until + by)
            return replace(session, time=time, help=help_, glass=glass)
        case Paying(checking_until=until) as paying if until is not None:
            return replace(session, time=time, help=help_, glass=replace(paying, checking_until=until + by))
    return replace(session, time=time, help=help_)
