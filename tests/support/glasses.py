"""Glasses of every size, payments for them, and what is wrong with a scene, for the tests of all screens."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product

from appliance import catalogue
from appliance.counter import screens
from appliance.counter.front import Front, Page
from appliance.counter.look import Look
from appliance.counter.shown import Shown
from appliance.counter.state import Help, Paying, Session
from drivers import typeface
from drivers.scene import Colour, Fill, Picture, Rect, Scene, Size, Text
from mqtt_schema import emv_qr, reference
from mqtt_schema.messages import Beneficiary, Channel, FeeKind, HelpKind, Language, Line, PaymentRequest
from mqtt_schema.types import Vnd

NOW = datetime(2026, 11, 23, 2, 45, 12, tzinfo=UTC)
WORDS = catalogue.read()
REFERENCE = reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8])
SEVEN_INCHES = [Size(1024, 600), Size(800, 480), Size(480, 800)]
SIZES = [*SEVEN_INCHES, Size(1280, 800), Size(1920, 1080), Size(720, 1280), Size(1080, 1920)]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
GLASSES = list(product(SIZES, LANGUAGES, (False, True)))
"""Every size, in both languages, with plain and larger text."""

LONG_FEE = (
    "Lệ phí đăng ký kết hôn có yếu tố nước ngoài, cấp lại bản chính giấy khai sinh, xác nhận tình trạng hôn nhân và "
    "cấp bản sao trích lục hộ tịch cho công dân"
)


def request(
    amount: int = 50_000,
    fees: tuple[str, ...] = ("Lệ phí cấp bản sao trích lục hộ tịch",),
    fee_en: str | None = "Fee for a copy of a civil status extract",
    dossiers: tuple[str, ...] = ("H26.12.05-261122-000012",),
    account: str = "1122334455667",
    account_name: str = "KHO BẠC NHÀ NƯỚC KHU VỰC I",
    bank_name: str = "Ngân hàng TMCP Ngoại thương Việt Nam (Vietcombank)",
    left_s: float = 272,
    starts_s_ago: float | None = None,
    payer: str | None = None,
    *,
    is_on_behalf: bool = False,
) -> PaymentRequest:
    lines = tuple(
        Line(
            dossier=dossiers[number % len(dossiers)],
            fee_code="LP-HT",
            fee_name=fee,
            fee_name_en=fee_en,
            amount=Vnd(amount if number == 0 else 0),
            kind=FeeKind.LE_PHI,
        )
        for number, fee in enumerate(fees)
    )
    return PaymentRequest(
        payment="0" * 32,
        reference=REFERENCE,
        lines=lines,
        channel=Channel.COUNTER,
        amount=Vnd(amount),
        beneficiary=Beneficiary(bin="970436", account=account, account_name=account_name, bank_name=bank_name),
        payload=emv_qr.encode(bin="970436", account=account, amount=amount, memo=REFERENCE),
        starts_at=None if starts_s_ago is None else NOW - timedelta(seconds=starts_s_ago),
        expires_at=NOW + timedelta(seconds=left_s),
        payer=payer,
        is_on_behalf=is_on_behalf,
    )


def long_request(left_s: float = 272, *, is_on_behalf: bool = False) -> PaymentRequest:
    """The longest that is sensible in every field."""
    return request(
        499_999_999,
        (LONG_FEE,) * 20,
        LONG_FEE,
        tuple(f"H26.12.05-261122-0000{number}" for number in range(10, 30)),
        "VQRQ0001WM8KMWMWMWM",
        "TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG HOÀN KIẾM HÀ NỘI",
        "Ngân hàng Nông nghiệp và Phát triển Nông thôn Việt Nam",
        left_s,
        payer="N***** T*** V** A** H**** P*****",
        is_on_behalf=is_on_behalf,
    )


def paying(asked: PaymentRequest, page: Page = "none", help_: HelpKind | None = None, **session: bool) -> Shown:
    called = Help(help_, NOW + timedelta(seconds=9)) if help_ else None
    state = Session(glass=Paying(asked), is_linked=session.get("is_linked", True), help=called)
    return Shown(state, Front(page=page))


def checking(asked: PaymentRequest) -> Shown:
    return Shown(Session(glass=Paying(asked, checking_until=NOW + timedelta(seconds=30)), is_linked=True))


PAYMENTS: dict[str, Shown] = {
    "code": paying(request()),
    "code-long": paying(long_request()),
    "code-payer": paying(request(payer="N*** V*** A")),
    "last-minute": paying(long_request(left_s=42)),
    "link-lost": paying(request(), is_linked=False),
    "link-lost-long": paying(long_request(), is_linked=False),
    "help-called": paying(long_request(), help_=HelpKind.HELP),
    "time-called": paying(long_request(left_s=60), help_=HelpKind.MORE_TIME),
    "menu": paying(long_request(), "menu"),
    "menu-link-lost": paying(long_request(), "menu", is_linked=False),
    "on-behalf": paying(request(is_on_behalf=True)),
    "on-behalf-long": paying(long_request(is_on_behalf=True)),
    "on-behalf-called": paying(long_request(is_on_behalf=True), help_=HelpKind.HELP),
    "checking": checking(request()),
    "checking-long": checking(long_request()),
}
"""Every state of a payment on the glass."""


def look(size: Size = SIZES[0], *, has_printer: bool = True) -> Look:
    return Look.of(size, "Quầy 3", WORDS, has_printer=has_printer)


def seen(
    shown: Shown, size: Size = SIZES[0], language: Language = "vi", is_large: bool = False, after_s: float = 0
) -> Scene:
    """The scene on a glass of a size, in a language."""
    front = replace(shown.front, language=language, is_large=is_large)
    return screens.compose(replace(shown, front=front), look(size), NOW + timedelta(seconds=after_s))


def words(scene: Scene) -> str:
    """All that is said, with plain spaces."""
    return " ".join(text.text for text in scene.texts()).replace("\u00a0", " ")


def figures(scene: Scene) -> str:
    """Figures in cells of their own are texts of one character."""
    return "".join(text.text for text in scene.texts() if len(text.text) == 1)


def ink(text: Text) -> Rect:
    """What a line may really paint: figures have neither marks nor tails."""
    above, below = (0.8, 0.02) if set(text.text) <= set("0123456789.: đ") else (0.96, 0.24)
    box, top = text.box, text.y - round(above * text.size_px)
    return Rect(box.x, top, box.width, text.y + round(below * text.size_px) - top)


def overlaps(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def flaws(scene: Scene) -> list[str]:
    """All that is not in its place."""
    return [*_outside(scene), *_overlapping(scene), *_untouchable(scene)]


def _outside(scene: Scene) -> Iterator[str]:
    glass = Rect(0, 0, scene.size.width, scene.size.height)
    for element in scene.elements:
        if not glass.encloses(ink(element) if isinstance(element, Text) else element.box):
            yield f"outside the glass: {element}"
    for target in scene.targets:
        if not glass.encloses(target.rect):
            yield f"outside the glass: {target}"


def _overlapping(scene: Scene) -> Iterator[str]:
    inks = [(text.text, ink(text)) for text in scene.texts()]
    for (one, one_box), (other, other_box) in combinations(inks, 2):
        if overlaps(one_box, other_box):
            yield f"{one!r} runs into {other!r}"
    solids = [e.box for e in scene.elements if isinstance(e, Picture)] + [code.box for code in scene.codes()]
    for said, box in inks:
        if any(overlaps(solid, box) for solid in solids):
            yield f"{said!r} runs into a picture or the code"
        for panel in (e.rect for e in scene.elements if isinstance(e, Fill)):
            if overlaps(panel, box) and not panel.encloses(box):
                yield f"{said!r} runs out of its panel {panel}, or into it: {box}"
    for one_box, other_box in combinations(solids, 2):
        if overlaps(one_box, other_box):
            yield "two pictures run into each other"


def _untouchable(scene: Scene) -> Iterator[str]:
    style = look(scene.size).style("vi")
    for target in scene.targets:
        if min(target.rect.width, target.rect.height) < style.target:
            yield f"under 15 mm: {target}"
    for one, other in combinations(scene.targets, 2):
        near = Rect(one.rect.x, one.rect.y, one.rect.width, one.rect.height).inset(1 - style.between)
        if overlaps(near, other.rect):
            yield f"nearer than 2 mm: {one.name} and {other.name}"


def capital_mm(text: Text, size: Size) -> float:
    """How high a capital of this line is on the glass."""
    return typeface.capital_height(text.face, text.size_px) / look(size).style("vi").px_per_mm


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrasts(scene: Scene) -> Iterator[float]:
    """Of every word and picture with what lies under it."""
    for place, element in enumerate(scene.elements):
        if isinstance(element, Text | Picture):
            x, y = element.box.centre
            below = [e for e in scene.elements[:place] if isinstance(e, Fill) and e.rect.contains(x, y)]
            ground = below[-1].colour if below else scene.background
            light, dark = sorted((luminance(element.colour), luminance(ground)), reverse=True)
            yield (light + 0.05) / (dark + 0.05)
