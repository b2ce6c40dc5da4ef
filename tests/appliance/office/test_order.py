"""What may be ordered, and what a clerk reads about everything that may not."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from appliance.office import order as module
from appliance.office.order import MAX_LINES, Order, OrderError, OrderLine, check, is_dossier
from appliance.settings import OfficeSettings
from mqtt_schema.messages import FeeKind, Line
from mqtt_schema.types import TRANSFER_CAP

Make = Callable[..., OrderLine]


@pytest.fixture
def line() -> Make:
    def make(**otherwise: object) -> OrderLine:
        plain: dict[str, object] = {"dossier": "H26.1-261122-0001", "fee_code": "CT-BS", "amount": 6000}
        return OrderLine.model_validate(plain | otherwise)

    return make


def an_order(*lines: OrderLine, **otherwise: object) -> Order:
    return Order.model_validate({"counter": "quay-1", "lines": list(lines), **otherwise})


def tells_what_to_do_in_vietnamese(sentence: str) -> bool:
    has_marks = any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", sentence))
    return has_marks and any(word in sentence.lower() for word in ("hãy", "phải", "cần", "ví dụ đúng"))


def complaints(order: Order, office: OfficeSettings) -> dict[str, str]:
    with pytest.raises(OrderError) as refused:
        check(order, office)
    assert isinstance(refused.value, ValueError)
    for complaint in refused.value.complaints:
        assert complaint.field in str(refused.value)
        assert complaint.sentence.endswith(".")
        assert tells_what_to_do_in_vietnamese(complaint.sentence)
    return {complaint.field: complaint.sentence for complaint in refused.value.complaints}


# What becomes of a good order


def test_a_fee_of_the_catalogue_brings_its_name_and_kind(line: Make, office_settings: OfficeSettings) -> None:
    (made,) = check(an_order(line(quantity=3)), office_settings)
    assert (made.fee_code, made.fee_name, made.kind) == ("CT-BS", "Chứng thực bản sao từ bản chính", FeeKind.PHI)
    assert (made.dossier, made.quantity, made.amount) == ("H26.1-261122-0001", 3, 6000)


def test_a_name_of_the_catalogue_is_as_good_as_its_code(line: Make, office_settings: OfficeSettings) -> None:
    order = an_order(line(fee_code=None, fee_name="  CHỨNG THỰC   chữ ký "))
    assert check(order, office_settings)[0].fee_code == "CT-CK"


def test_a_decomposed_name_is_the_same_name(line: Make, office_settings: OfficeSettings) -> None:
    decomposed = "Chu\u031b\u0301ng thu\u031b\u0323c chu\u031b\u0303 ky\u0301"
    assert check(an_order(line(fee_code=None, fee_name=decomposed)), office_settings)[0].fee_code == "CT-CK"


def test_a_free_name_is_another_fee_and_keeps_its_name(line: Make, office_settings: OfficeSettings) -> None:
    (made,) = check(an_order(line(fee_code=None, fee_name="Sao chụp tài liệu")), office_settings)
    assert (made.fee_code, made.fee_name, made.kind) == ("KHAC", "Sao chụp tài liệu", FeeKind.LE_PHI)


def test_a_free_fee_may_be_phi(line: Make, office_settings: OfficeSettings) -> None:
    (made,) = check(an_order(line(fee_code=None, fee_name="Sao chụp", kind="phi")), office_settings)
    assert made.kind is FeeKind.PHI


def test_the_kind_of_a_listed_fee_is_not_the_clerks_to_choose(line: Make, office_settings: OfficeSettings) -> None:
    (made,) = check(an_order(line(kind="le_phi", fee_name="Tên khác")), office_settings)
    assert (made.kind, made.fee_name) == (FeeKind.PHI, "Chứng thực bản sao từ bản chính")


def test_another_fee_without_a_name_bears_the_catalogues(line: Make, office_settings: OfficeSettings) -> None:
    (made,) = check(an_order(line(fee_code="KHAC")), office_settings)
    assert made.fee_name == "Khoản khác"


def test_nothing_may_be_charged_for_a_reason(line: Make, office_settings: OfficeSettings) -> None:
    (made,) = check(an_order(line(amount=0), waiver_reason="Hộ nghèo"), office_settings)
    assert made.amount == 0


def test_one_line_may_cost_nothing_beside_another_that_does(line: Make, office_settings: OfficeSettings) -> None:
    made = check(an_order(line(amount=0), line()), office_settings)
    assert [each.amount for each in made] == [0, 6000]


def test_just_under_the_cap_can_be_paid(line: Make, office_settings: OfficeSettings) -> None:
    assert check(an_order(line(amount=TRANSFER_CAP - 1)), office_settings)


def test_twenty_lines_can_be_paid_at_once(line: Make, office_settings: OfficeSettings) -> None:
    assert len(check(an_order(*[line()] * MAX_LINES), office_settings)) == MAX_LINES


# What is complained about, and where


def test_every_complaint_comes_at_once(line: Make, office_settings: OfficeSettings) -> None:
    order = an_order(line(dossier="x", amount=-1), line(quantity=0), counter="quay-9", clerk=" ")
    found = complaints(order, office_settings)
    assert set(found) == {"counter", "clerk", "lines.0.dossier", "lines.0.amount", "lines.1.quantity"}


def test_an_unknown_counter_is_answered_with_the_known_ones(line: Make, office_settings: OfficeSettings) -> None:
    found = complaints(an_order(line(), counter="quay-9"), office_settings)
    assert found == {"counter": "Không có quầy này. Hãy chọn một trong: quay-1, quay-2."}


def test_an_order_of_nothing_is_refused(office_settings: OfficeSettings) -> None:
    assert set(complaints(an_order(), office_settings)) == {"lines"}


def test_a_long_order_wants_to_be_split(line: Make, office_settings: OfficeSettings) -> None:
    found = complaints(an_order(*[line()] * (MAX_LINES + 1)), office_settings)
    assert "tách" in found["lines"]


def test_an_endless_order_is_not_even_read(line: Make) -> None:
    with pytest.raises(ValidationError):
        an_order(*[line()] * 101)


@pytest.mark.parametrize("reason", [None, "", "   ", "\u200b"])
def test_nothing_without_a_reason_is_refused(reason: str | None, line: Make, office_settings: OfficeSettings) -> None:
    assert set(complaints(an_order(line(amount=0), waiver_reason=reason), office_settings)) == {"waiver_reason"}


def test_a_reason_for_something_that_costs_is_refused(line: Make, office_settings: OfficeSettings) -> None:
    assert set(complaints(an_order(line(), waiver_reason="Hộ nghèo"), office_settings)) == {"waiver_reason"}


@pytest.mark.parametrize("amount", [TRANSFER_CAP, TRANSFER_CAP + 1, 10**15])
def test_a_line_over_the_cap_is_refused_at_the_line(amount: int, line: Make, office_settings: OfficeSettings) -> None:
    found = complaints(an_order(line(amount=amount)), office_settings)
    assert set(found) == {"lines.0.amount"}
    assert "500.000.000 đ" in found["lines.0.amount"]


def test_a_sum_over_the_cap_is_refused_at_the_lines(line: Make, office_settings: OfficeSettings) -> None:
    found = complaints(an_order(line(amount=TRANSFER_CAP - 1), line(amount=1)), office_settings)
    assert set(found) == {"lines"}
    assert "500.000.000 đ" in found["lines"]


def test_less_than_nothing_is_refused(line: Make, office_settings: OfficeSettings) -> None:
    assert set(complaints(an_order(line(amount=-1), line()), office_settings)) == {"lines.0.amount"}


@pytest.mark.parametrize("quantity", [0, -1, 10000])
def test_an_impossible_quantity_is_refused(quantity: int, line: Make, office_settings: OfficeSettings) -> None:
    assert set(complaints(an_order(line(quantity=quantity)), office_settings)) == {"lines.0.quantity"}


def test_an_unknown_fee_is_refused(line: Make, office_settings: OfficeSettings) -> None:
    assert set(complaints(an_order(line(fee_code="CU-01")), office_settings)) == {"lines.0.fee_code"}


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_line_without_any_fee_is_refused(name: str | None, line: Make, office_settings: OfficeSettings) -> None:
    assert set(complaints(an_order(line(fee_code=None, fee_name=name)), office_settings)) == {"lines.0.fee_name"}


def test_an_office_without_free_fees_refuses_free_names(line: Make, office_settings: OfficeSettings) -> None:
    office = office_settings.model_copy(update={"fees": [fee for fee in office_settings.fees if fee.code != "KHAC"]})
    found = complaints(an_order(line(fee_code=None, fee_name="Sao chụp")), office)
    assert "danh mục" in found["lines.0.fee_name"]


@pytest.mark.parametrize("field", ["payer", "clerk", "waiver_reason"])
def test_endless_words_are_refused_at_their_field(field: str, line: Make, office_settings: OfficeSettings) -> None:
    amount = 0 if field == "waiver_reason" else 6000
    order = an_order(line(amount=amount), **{field: "ẵ" * 201})
    assert set(complaints(order, office_settings)) == {field}


def test_an_endless_name_of_a_fee_is_refused(line: Make, office_settings: OfficeSettings) -> None:
    order = an_order(line(fee_code=None, fee_name="ẵ" * 201))
    assert set(complaints(order, office_settings)) == {"lines.0.fee_name"}


def test_words_that_no_message_can_carry_are_refused(line: Make, office_settings: OfficeSettings) -> None:
    order = an_order(*[line(fee_code=None, fee_name="ế" * 200)] * MAX_LINES)
    assert "tách" in complaints(order, office_settings)["lines"]


def test_an_unknown_field_of_an_order_is_refused(line: Make) -> None:
    with pytest.raises(ValidationError):
        an_order(line(), colour="blue")


def test_a_line_that_nobody_checked_is_refused_all_the_same(line: Make, office_settings: OfficeSettings) -> None:
    with pytest.raises(OrderError):
        module._line(line(fee_code="CU-01"), office_settings)


# Dossier numbers


@pytest.mark.parametrize(
    "number",
    [
        "000.00.01.H26-240301-0012",
        "000.A0.01.H26-210212-9090",
        "H15.50.05.13-261008-0975",
        "G22.99.08-260921-896048",
        "H26-261122-001",
        "H26.1-240229-0001",
    ],
)
def test_real_forms_of_a_dossier_number_are_known(number: str) -> None:
    assert is_dossier(number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "1",
        "H26.1-261122",
        "H26.1-261122-01",
        "H26.1-261322-0001",
        "H26.1-260230-0001",
        "H26.1-250229-0001",
        "Z26.1-261122-0001",
        "H2.1-261122-0001",
        "h26.1-261122-0001",
        "H26.1-261122-0001\n",
        " H26.1-261122-0001",
        "H26.1 -261122-0001",
        "H26.-261122-0001",
        "H26.1-261122-0001234567890",
        "H26." + "1." * 30 + "1-261122-0001",
        "H26.1-٢٦١١٢٢-0001",
        "H２６.1-261122-0001",
    ],
)
def test_what_only_looks_like_a_dossier_number_is_not_one(number: str) -> None:
    assert not is_dossier(number)


@given(st.text(max_size=80))
def test_any_text_is_a_dossier_number_or_not(text: str) -> None:
    assert not is_dossier(text) or text.isascii()


# What the catalogue knows besides


def _line_of(office: OfficeSettings, **otherwise: object) -> Line:
    line = {"dossier": "H26.1-261122-0007", "fee_code": "CT-BS", "amount": 2000} | otherwise
    (checked,) = check(Order.model_validate({"counter": "quay-1", "lines": [line]}), office)
    return checked


def _with_english(office: OfficeSettings) -> OfficeSettings:
    fees = [fee.model_copy(update={"name_en": f"{fee.code} in English", "is_sensitive": True}) for fee in office.fees]
    return office.model_copy(update={"fees": fees})


def test_a_fee_brings_its_english_name_and_its_discretion(office_settings: OfficeSettings) -> None:
    line = _line_of(_with_english(office_settings))
    assert (line.fee_name_en, line.is_sensitive) == ("CT-BS in English", True)
    plain = _line_of(office_settings)
    assert (plain.fee_name_en, plain.is_sensitive) == (None, False)


def test_a_fee_that_a_clerk_named_has_no_english_name(office_settings: OfficeSettings) -> None:
    office = _with_english(office_settings)
    named = _line_of(office, fee_code="KHAC", fee_name="Lệ phí cấp phép")
    assert (named.fee_name, named.fee_name_en, named.is_sensitive) == ("Lệ phí cấp phép", None, True)
    assert _line_of(office, fee_code="KHAC").fee_name_en == "KHAC in English"


@pytest.mark.parametrize("payer", [None, "", " \u200b "])
def test_who_pays_on_behalf_says_for_whom(office_settings: OfficeSettings, payer: str | None) -> None:
    line = {"dossier": "H26.1-261122-0007", "fee_code": "CT-BS", "amount": 2000}
    order = Order.model_validate({"counter": "quay-1", "lines": [line], "is_on_behalf": True, "payer": payer})
    with pytest.raises(OrderError) as refused:
        check(order, office_settings)
    (complaint,) = refused.value.complaints
    assert (complaint.field, "được nộp thay" in complaint.sentence) == ("payer", True)
