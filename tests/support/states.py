"""Every state of the glass, by name, with what stands there: for the gallery, the golden pictures and the tests.

Those of a payment come from `glasses`; here are all others.
"""

from datetime import date, timedelta
from typing import get_args

from appliance.counter.front import Front
from appliance.counter.shown import Boot, Health, Outage, Shown
from appliance.counter.state import Help, Notice, NoticeKind, Preparing, Session, SlipPhase
from mqtt_schema.messages import Card, CardKind, CardText, HelpKind, PrinterStatus, Slip
from mqtt_schema.types import Vnd
from tests.support.glasses import NOW, PAYMENTS, REFERENCE, request

AMOUNT = 50_000
SLIP = Slip(
    office="UBND phường Hoàn Kiếm",
    lines=request().lines,
    amount=Vnd(AMOUNT),
    reference=REFERENCE,
    bank_reference=None,
    paid_at=NOW,
    lookup="7K2M",
)
TROUBLE = "signature: no key that this counter knows has signed this message of the office at 09:41"


def notice(
    kind: NoticeKind,
    amount: int | None = None,
    phase: SlipPhase = "none",
    slip: Slip | None = None,
    stays: int = 0,
    help_: HelpKind | None = None,
) -> Shown:
    called = Help(help_, NOW + timedelta(seconds=9)) if help_ else None
    glass = Notice("0" * 32, kind, amount, NOW + timedelta(seconds=9), phase, slip, stays)
    return Shown(Session(glass=glass, is_linked=True, help=called))


def idle(front: Front | None = None, cards: tuple[Card, ...] = (), *, is_linked: bool = True) -> Shown:
    return Shown(Session(is_linked=is_linked, cards=cards), front or Front())


def card(kind: CardKind, heading: str, *body: str, en: CardText | None = None) -> Card:
    told = CardText(heading=heading, body=body)
    return Card(card=kind.value, kind=kind, vi=told, en=en, first_day=date(2026, 11, 1), last_day=date(2026, 11, 30))


LONGEST_SENTENCE = (
    "Từ ngày 01/12/2026, người nộp hồ sơ trực tuyến được giảm một nửa mức thu lệ phí hộ tịch theo nghị quyết "
    "của hội đồng"
)
CARDS = (
    card(
        CardKind.NOTICE,
        "Nghỉ lễ Quốc khánh",
        "Quầy nghỉ ngày 01 và 02/9.",
        en=CardText(heading="National Day", body=("Closed on 1 and 2 September.",)),
    ),
    card(CardKind.FRAUD, "Cảnh giác với mã QR lạ", "Chỉ quét mã hiện trên màn hình của quầy."),
)
LONGEST_CARDS = (card(CardKind.NOTICE, "Giảm lệ phí cho người nộp hồ sơ trực tuyến", *(LONGEST_SENTENCE,) * 3),)
"""As much as the contract lets an office say."""

HEALTH = Health("Quầy 3 (hoankiem-01)", "0.1.0", "mqtt.hoankiem.gov.vn:8883", PrinterStatus.PAPER_OUT, 4, TROUBLE, NOW)

NOBODY: dict[str, Shown] = {
    "idle": idle(),
    "idle-cards": idle(cards=CARDS),
    "idle-longest-card": idle(cards=LONGEST_CARDS),
    "idle-help-called": Shown(Session(is_linked=True, help=Help(HelpKind.HELP, NOW + timedelta(seconds=9)))),
    "idle-help-unheard": Shown(Session(help=Help(HelpKind.HELP, NOW + timedelta(seconds=9)))),
    "idle-menu": idle(Front(page="menu")),
    "asleep": idle(Front(is_asleep=True)),
    "offline": idle(is_linked=False),
    "preparing": Shown(Session(glass=Preparing(NOW + timedelta(seconds=60)), is_linked=True)),
}
"""Nobody is paying."""

NOTICES: dict[str, Shown] = {
    "paid-printing": notice("paid", AMOUNT, "printing", SLIP),
    "paid-printed": notice("paid", AMOUNT, "printed", SLIP),
    "paid-largest": notice("paid", 499_999_999, "printed", SLIP),
    "paid-waiting": notice("paid", AMOUNT, "waiting", SLIP),
    "paid-unsure": notice("paid", AMOUNT, "unsure", SLIP),
    "paid-uncopied": notice("paid", AMOUNT, "uncopied"),
    "paid-no-slip": notice("paid", AMOUNT),
    "paid-last-stay": notice("paid", AMOUNT, "printed", None, stays=3),
    "paid-help-called": notice("paid", AMOUNT, "printed", SLIP, help_=HelpKind.HELP),
    "waived": notice("waived"),
    "expired": notice("expired"),
    "cancelled": notice("cancelled"),
    "underpaid": notice("underpaid"),
    "overpaid": notice("overpaid"),
    "late": notice("late"),
    "refused": notice("refused"),
    "see-clerk-called": notice("underpaid", help_=HelpKind.HELP),
}
"""A payment has ended."""

_WORDS = {Boot.ENROLLING: "K7QF-2M9P", Boot.REFUSED: "hoankiem-01: not in the list of the office"}
_DETAILS = {
    Outage.SEED_WRONG: "counter.toml: broker.port: Input should be less than or equal to 65535",
    Outage.JOURNAL: "/var/lib/quaythu/journal.sqlite: database disk image is malformed",
    Outage.DEVICE: "printer: /dev/usb/lp0: No such file or directory. Is it switched on and plugged in?",
}

COUNTER: dict[str, Shown] = {
    **{f"boot-{step}": Shown(Session(), boot=step, words=_WORDS.get(step, "")) for step in Boot},
    **{f"outage-{why}".replace("_", "-"): Shown(Session(), outage=why, words=_DETAILS.get(why, "")) for why in Outage},
    "out-of-service": idle(Front(is_out_of_service=True)),
    "pin": idle(Front(page="pin", typed="12")),
    "pin-wrong": idle(Front(page="pin", wrong=2)),
    "pin-last-try": idle(Front(page="pin", wrong=4, typed="12345")),
    "locked": idle(Front(page="locked", wrong=5, locked_until=NOW + timedelta(seconds=290))),
    "technician": Shown(Session(is_linked=True), Front(page="technician"), HEALTH),
    "technician-closed": Shown(Session(), Front(page="technician", is_out_of_service=True)),
}
"""The counter itself: steps of its first boot, why it serves nobody, and the guarded pages."""

STATES: dict[str, Shown] = {**NOBODY, **PAYMENTS, **NOTICES, **COUNTER}

BILINGUAL = {"asleep", *(name for name in COUNTER if name.startswith(("boot", "out")))}
"""States that look alike whatever was chosen: they speak both languages in one size of type."""

_KINDS = {state.session.glass.notice for state in NOTICES.values() if isinstance(state.session.glass, Notice)}
assert set(get_args(NoticeKind)) == _KINDS, "a notice has no state here"
