"""What the slip says (tests/golden/slips). QUAYTHU_REDRAW=1 redraws: look at each one."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from appliance.counter.receipt import EVERYTHING, IN_WORDS, TimeSource, compose, trial
from drivers import escpos, typeface
from drivers.paper import PLAIN_MM, SMALL_MM, Code, Item, Paper, Row, Space, Text
from drivers.profiles import PROFILES, Profile
from drivers.typeface import Face
from drivers.virtual.printer import VirtualPrinter
from mqtt_schema import reference
from mqtt_schema.messages import FeeKind, Line, Slip
from tests.support import fuzz

GOLDEN = Path(__file__).parents[2] / "golden" / "slips"
LONG_FEE = (
    "Lệ phí đăng ký kết hôn có yếu tố nước ngoài, cấp lại bản chính giấy khai sinh, xác nhận tình trạng hôn nhân và "
    "cấp bản sao trích lục hộ tịch cho công dân Việt Nam cư trú ở nước ngoài theo đề nghị của họ"
)[:200]
COPIES = Line(
    dossier="H26.99.08-261122-0012",
    fee_code="CT-BS",
    fee_name="Chứng thực bản sao từ bản chính",
    fee_name_en="Certified copies",
    quantity=2,
    amount=8000,
    kind=FeeKind.PHI,
)
ONE = Slip(
    office="Ủy ban nhân dân phường Hoàn Kiếm",
    lines=(COPIES,),
    amount=8000,
    reference=reference.make("HK", [1, 2, 3, 4, 5, 6, 7, 8]),
    bank_reference="FT26326094112345",
    paid_at=datetime(2026, 11, 22, 20, 30, 7, tzinfo=UTC),
    lookup="HK-2026-7K2M-9XHP",
)
FOUR = ONE.model_copy(
    update={
        "lines": (
            COPIES,
            COPIES.model_copy(
                update={
                    "fee_name": LONG_FEE,
                    "fee_name_en": "Registration of a marriage with a foreign element, and extracts of civil status",
                    "quantity": 1,
                    "amount": 42_292_000,
                    "kind": FeeKind.LE_PHI,
                }
            ),
            COPIES.model_copy(update={"dossier": "000.00.01.H26-240301-0012", "amount": 0}),
            COPIES,
        ),
        "amount": 42_308_000,
    }
)
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
SLIPS = {
    "one": compose(ONE, "3"),
    "four-copy": compose(FOUR, "3", is_copy=True, asked_by="Nguyễn Thị Bình", reason="Công dân làm mất phiếu"),
    "copy-from-the-glass": compose(ONE, "3", is_copy=True),
    "bilingual": compose(ONE, "3", is_bilingual=True),
    "bilingual-copy": compose(
        FOUR, "3", is_bilingual=True, is_copy=True, asked_by="Nguyễn Thị Bình", reason="Công dân làm mất phiếu"
    ),
    "no-time": compose(ONE, "3", time_source=TimeSource.NONE),
    "trial": trial("3", "generic-80"),
}


def words(paper: Paper) -> list[str]:
    """Every text on the paper, a label and its value as one."""
    return [said for item in paper.items for said in _said(item)]


def _said(item: Item) -> list[str]:
    match item:
        case Text(text=text):
            return [text]
        case Row(label=label, value=value, gloss=gloss):
            return [f"{label}: {value}", gloss]
        case _:
            return []


def said(
    slip: Slip = ONE,
    *,
    is_copy: bool = False,
    asked_by: str = "",
    reason: str = "",
    is_bilingual: bool = False,
    time_source: TimeSource = TimeSource.OFFICE,
) -> list[str]:
    paper = compose(
        slip,
        "3",
        is_copy=is_copy,
        asked_by=asked_by,
        reason=reason,
        is_bilingual=is_bilingual,
        time_source=time_source,
    )
    return [text.replace("\u202f", " ").replace("\u00a0", " ") for text in words(paper)]


@pytest.mark.parametrize("profile", ["generic-58", "generic-80"])
@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_looks_as_it_was_found_good(name: str, profile: str) -> None:
    printer = printed(SLIPS[name], PROFILES[profile])
    (stream,) = printer.streams
    golden = GOLDEN / f"{name}-{profile}.bin"
    if os.environ.get("QUAYTHU_REDRAW"):
        golden.write_bytes(stream)
        golden.with_suffix(".png").write_bytes(printer.png())
    assert stream == golden.read_bytes(), "look at the picture; if it is better now, redraw the golden one"
    assert printer.png() == golden.with_suffix(".png").read_bytes()
    scanned = zxingcpp.read_barcodes(Image.open(io.BytesIO(printer.png())))
    assert [code.text for code in scanned] == [item.payload for item in SLIPS[name].items if isinstance(item, Code)]


def test_it_confirms_a_payment_and_never_calls_itself_a_receipt() -> None:
    assert "PHIẾU XÁC NHẬN THANH TOÁN" in said()
    assert "Phiếu này không thay thế biên lai." in said()
    assert not any("BIÊN LAI" in text for text in said(FOUR, is_copy=True))


def test_it_says_who_took_what_for_what() -> None:
    everything = said()
    for text in (
        "Ủy ban nhân dân phường Hoàn Kiếm",
        "Quầy 3",
        "Chứng thực bản sao từ bản chính",
        "Hồ sơ: H26.99.08-261122-0012",
        "Số lượng: 2",
        "Phí: 8.000 đ",
        "8.000 đ",
        "Bằng chữ: Tám nghìn đồng.",
        f"Mã tham chiếu: {ONE.reference}",
        "Mã giao dịch ngân hàng: FT26326094112345",
        "HK-2026-7K2M-9XHP",
    ):
        assert text in everything


def test_time_is_vietnams_even_past_midnight_and_says_whose_clock_it_is() -> None:
    assert "Thời gian nhận tiền: 23/11/2026 03:30:07" in said()
    assert "Giờ theo: Hệ thống của cơ quan" in said()
    assert "Giờ theo: Ngân hàng" in said(time_source=TimeSource.BANK)


def test_without_a_clock_to_trust_it_says_so_instead_of_a_wrong_time() -> None:
    everything = said(time_source=TimeSource.NONE)
    assert "Không ghi giờ: đồng hồ của thiết bị chưa được chỉnh đúng." in everything
    assert not any("2026 03" in text or "Giờ theo" in text for text in everything)


def test_in_both_languages_the_english_stands_below_the_vietnamese_and_smaller() -> None:
    items = [item for item in compose(ONE, "3", is_bilingual=True, is_copy=True).items if isinstance(item, Text)]
    at = {item.text: (number, item.capital_mm) for number, item in enumerate(items)}
    for vietnamese, english in (
        ("PHIẾU XÁC NHẬN THANH TOÁN", "PAYMENT CONFIRMATION"),
        ("BẢN SAO", "COPY"),
        ("Chứng thực bản sao từ bản chính", "Certified copies"),
        ("Tổng số tiền đã nhận", "Total received"),
        ("Phiếu này không thay thế biên lai.", "This slip does not replace the receipt."),
    ):
        assert at[english][0] == at[vietnamese][0] + 1
        assert at[english][1] < at[vietnamese][1]
    assert {"Dossier", "Quantity", "Fee", "Received at", "Time from", "Reference", "Bank reference"} <= set(
        said(is_bilingual=True)
    )


def test_a_fee_without_an_english_name_keeps_its_vietnamese_one_alone() -> None:
    lines = (COPIES.model_copy(update={"fee_name_en": None}),)
    everything = said(ONE.model_copy(update={"lines": lines}), is_bilingual=True)
    assert "Chứng thực bản sao từ bản chính" in everything
    assert "Certified copies" not in everything


def test_in_vietnamese_there_is_no_english() -> None:
    everything = " ".join(said(FOUR, is_copy=True))
    assert not any(one.en in everything for one in EVERYTHING if len(one.en) > 4)


def test_it_names_nobody() -> None:
    """A dossier's number and what was paid for: no payer's name, number, address or account is even known here."""
    assert {"payer", "name", "account", "phone"}.isdisjoint(Slip.model_fields)


def test_a_test_slip_cannot_be_taken_for_a_payment() -> None:
    everything = words(trial("3", "generic-80"))
    assert "PHIẾU THỬ MÁY IN" in everything
    assert "Không phải xác nhận thanh toán." in everything
    assert "PHIẾU XÁC NHẬN THANH TOÁN" not in everything


def test_what_is_kept_for_the_next_slip_is_never_of_this_one() -> None:
    fixed = {
        text
        for slip in (ONE, FOUR)
        for item in compose(slip, "3", is_bilingual=True, is_copy=True).items
        if isinstance(item, Text | Row) and item.is_fixed
        for text in _said(item)
    }
    own = {text for text in fixed if any(word in text for word in ("H26", "8.000", "FT26", "Chứng", "nghìn", "2026"))}
    assert not own


def test_several_fees_are_numbered_and_each_keeps_its_kind_and_amount() -> None:
    everything = said(FOUR)
    assert [text[:2] for text in everything if text[:1].isdigit() and text[1:2] == "."] == ["1.", "2.", "3.", "4."]
    assert [text for text in everything if text.endswith(" đ") and ":" in text] == [
        "Phí: 8.000 đ",
        "Lệ phí: 42.292.000 đ",
        "Phí: 0 đ",
        "Phí: 8.000 đ",
    ]
    assert "42.308.000 đ" in everything


def test_a_payment_without_a_bank_reference_leaves_no_empty_row() -> None:
    assert not any("ngân hàng" in text for text in said(ONE.model_copy(update={"bank_reference": None})))


def test_only_a_copy_is_marked_as_one() -> None:
    assert "BẢN SAO" in said(is_copy=True)
    assert "BẢN SAO" not in said()


def test_a_copy_says_who_asked_for_it_and_why() -> None:
    everything = said(is_copy=True, asked_by="Nguyễn Thị Bình", reason="Công dân làm mất phiếu")
    assert "Người yêu cầu: Nguyễn Thị Bình" in everything
    assert "Lý do: Công dân làm mất phiếu" in everything
    assert not any(text.startswith("Lý do") for text in said(is_copy=True, asked_by="Nguyễn Thị Bình"))
    assert everything.index("Người yêu cầu: Nguyễn Thị Bình") == everything.index("BẢN SAO") + 1


def test_a_copy_that_the_citizen_touched_for_says_so() -> None:
    assert "In thêm theo yêu cầu tại màn hình của quầy." in said(is_copy=True)
    assert "Printed again as asked at the counter's screen." in said(is_copy=True, is_bilingual=True)
    assert not any("yêu cầu" in text for text in said())


def test_the_amount_stands_twice_as_high_as_the_text_and_nothing_is_small() -> None:
    texts = [item for item in compose(FOUR, "3").items if isinstance(item, Text | Row)]
    assert max(item.capital_mm for item in texts) == 2 * PLAIN_MM
    assert min(item.capital_mm for item in texts) >= SMALL_MM


def test_it_ends_in_a_quiet_five_millimetres_before_the_cut() -> None:
    paper = compose(ONE, "3")
    assert paper.is_cut
    assert paper.items[-1] == Space(5)


def test_the_code_is_the_lookup_reference_that_stands_beneath_it() -> None:
    assert [item.payload for item in compose(ONE, "3").items if isinstance(item, Code)] == [ONE.lookup]


def test_the_faces_have_every_letter_that_the_slip_itself_says() -> None:
    own = "".join([IN_WORDS, *(text for one in EVERYTHING for text in (one.vi, one.en))])
    assert not any(typeface.lacks(own, face) for face in Face)


def printed(paper: Paper, profile: Profile) -> VirtualPrinter:
    printer = VirtualPrinter(profile)
    printer.send(escpos.encode(paper, profile))
    printer.tear_off()
    return printer


COMMANDS = "\x1b@ \x1dV\x00 \x10\x04\x01 \x1bp\x00\x19\xfa \n \x1b!\x38"
"""Initialize, cut, ask, open the drawer, feed, enlarge: what a joker might put into a name."""


@example(COMMANDS, PROFILES["generic-80"])
@example("\u202eđ 000.05", PROFILES["generic-58"])
@example("\x10\x05\x02" * 3000, PROFILES["generic-80-plain"])
@settings(deadline=None)
@given(st.text(min_size=1, max_size=200), st.sampled_from(list(PROFILES.values())))
def test_whatever_a_fee_is_called_the_printer_gets_nothing_but_dots(name: str, profile: Profile) -> None:
    """Built past the contract, which would drop control characters: the slip does not rely on it."""
    line = COPIES.model_copy(update={"fee_name": name, "fee_name_en": name})
    hostile = ONE.model_copy(update={"lines": (line,), "office": name, "bank_reference": name})
    fuzz.check(compose(hostile, name, is_bilingual=True), profile)


def test_random_texts_of_every_kind_make_valid_streams() -> None:
    """A hundred here; `python -m tests.support.fuzz 100000` takes longer."""
    for number in range(100):
        fuzz.check_number(number)


@every_profile
@pytest.mark.parametrize("letter", "X7đẾ😀")
def test_the_longest_words_that_the_contract_allows_still_make_a_slip(letter: str, profile: Profile) -> None:
    longest = letter * 200
    line = Line(dossier=letter * 64, fee_code="X", fee_name=longest, quantity=9999, amount=1, kind=FeeKind.PHI)
    slip = Slip(
        office=longest,
        lines=(line,) * 20,
        amount=499_999_999,
        reference=ONE.reference,
        bank_reference=longest,
        paid_at=ONE.paid_at,
        lookup=longest,
    )
    paper = compose(slip, "x" * 48, is_copy=True, asked_by=longest, reason=longest)
    assert len(printed(paper, profile).slips) == 1
