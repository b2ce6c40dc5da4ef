from collections.abc import Mapping
from dataclasses import replace

import pytest

from appliance.office.desk import form
from appliance.office.desk.form import Draft, DraftLine
from appliance.office.order import MAX_LINES
from appliance.settings import OfficeSettings
from mqtt_schema.messages import Channel, FeeKind

GOOD = DraftLine(dossier="H26.1-261122-0007", fee_code="CT-BS", quantity="5", amount="10.000")
DRAFT = Draft(token="t", counter="quay-1", clerk="Nguyễn Thị Bình", lines=(GOOD,))


def _with(**otherwise: str) -> Draft:
    return replace(DRAFT, lines=(replace(GOOD, **otherwise),))


def _complaints(draft: Draft, office: OfficeSettings) -> Mapping[str, str]:
    checked = form.look_at(draft, office)
    assert checked.order is None
    return checked.complaints


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("35000", 35000),
        ("35.000", 35000),
        ("35 000", 35000),
        (" 35.000 đ ", 35000),
        ("35.000đồng", 35000),
        ("1.234.567 VND", 1234567),
        ("0", 0),
        ("35,000", None),
        ("35.00", None),
        ("35k", None),
        ("-5", None),
        ("", None),
        ("٣٥", None),
        ("9" * 19, None),
    ],
)
def test_an_amount_is_read_only_when_it_can_mean_one_thing(typed: str, number: int | None) -> None:
    assert form.figure(typed) == number


def test_a_form_is_read_as_it_was_typed() -> None:
    draft = form.read(
        {
            "token": "abc",
            "counter": "quay-2",
            "clerk": " Bình ",
            "lines.3.dossier": "h26.1–261122-0007 ",
            "lines.3.amount": "5000",
            "lines.0.dossier": "x",
            "lines.0.made_up": "?",
            "stranger": "?",
        },
        "other",
    )
    assert (draft.token, draft.counter, draft.clerk, draft.channel) == ("abc", "quay-2", "Bình", "counter")
    assert [line.dossier for line in draft.lines] == ["X", "H26.1-261122-0007"]
    assert (draft.lines[1].amount, draft.lines[1].quantity) == ("5000", "1")


def test_an_empty_form_has_one_empty_line_and_a_token_of_its_own() -> None:
    assert form.read({}, "fresh") == Draft(token="fresh")
    assert form.read({"token": ""}, "fresh").token == "fresh"


def test_lines_come_and_go() -> None:
    two = form.change_lines(DRAFT, "add")
    assert two.lines[1] == DraftLine(dossier=GOOD.dossier)
    assert form.change_lines(two, "remove.1") == DRAFT
    assert form.change_lines(two, "remove.7") == two
    assert form.change_lines(two, "edit") == two
    assert form.change_lines(two, "remove.x") == two
    assert form.change_lines(DRAFT, "remove.0") == DRAFT
    full = replace(DRAFT, lines=(GOOD,) * MAX_LINES)
    assert form.change_lines(full, "add") == full


def test_a_good_draft_becomes_an_order(office_settings: OfficeSettings) -> None:
    checked = form.look_at(replace(DRAFT, payer="Trần Văn An", channel="online"), office_settings)
    assert checked.order is not None
    assert (checked.order.payer, checked.order.channel) == ("Trần Văn An", Channel.ONLINE)
    (line,) = checked.lines
    assert (line.fee_name, line.quantity, line.amount) == ("Chứng thực bản sao từ bản chính", 5, 10000)


def test_the_catalogue_fills_in_price_times_quantity(office_settings: OfficeSettings) -> None:
    assert form.look_at(_with(amount=""), office_settings).lines[0].amount == 10000
    assert form.usual_amount(replace(GOOD, quantity="x"), office_settings) is None
    assert form.usual_amount(replace(GOOD, fee_code="KHAC"), office_settings) is None
    assert form.usual_amount(replace(GOOD, fee_code="??"), office_settings) is None


def test_a_free_fee_keeps_its_name_and_kind(office_settings: OfficeSettings) -> None:
    draft = _with(fee_code="KHAC", fee_name="Lệ phí cấp phép", kind="phi", amount="5000")
    (line,) = form.look_at(draft, office_settings).lines
    assert (line.fee_name, line.kind, line.fee_code) == ("Lệ phí cấp phép", FeeKind.PHI, "KHAC")


@pytest.mark.parametrize(
    ("otherwise", "field", "words"),
    [
        ({"amount": "35,5"}, "amount", "chỉ gồm chữ số"),
        ({"amount": "", "fee_code": "KHAC", "fee_name": "x"}, "amount", "Hãy nhập số tiền"),
        ({"quantity": "hai"}, "quantity", "chỉ gồm chữ số"),
        ({"quantity": "0"}, "quantity", "từ 1 đến 9999"),
        ({"fee_code": "KHAC"}, "fee_name", "Hãy ghi tên"),
        ({"fee_code": ""}, "fee_code", "Hãy chọn khoản thu"),
        ({"fee_code": "??"}, "fee_code", "danh mục"),
        ({"dossier": "HS12"}, "dossier", "Mã hồ sơ không đúng"),
        ({"amount": "500.000.000"}, "amount", "vượt mức"),
    ],
)
def test_a_complaint_stands_at_its_field_and_nowhere_else(
    office_settings: OfficeSettings, otherwise: dict[str, str], field: str, words: str
) -> None:
    complaints = _complaints(_with(**otherwise), office_settings)
    assert list(complaints) == [f"lines.0.{field}"]
    assert words in complaints[f"lines.0.{field}"]


def test_all_complaints_come_at_once(office_settings: OfficeSettings) -> None:
    wrong = replace(_with(amount="x", dossier="y"), clerk="", channel="post", counter="?")
    assert set(_complaints(wrong, office_settings)) == {
        "counter",
        "clerk",
        "channel",
        "lines.0.amount",
        "lines.0.dossier",
    }


def test_a_channel_nobody_knows_is_refused(office_settings: OfficeSettings) -> None:
    assert list(_complaints(replace(DRAFT, channel="post"), office_settings)) == ["channel"]


def test_zero_needs_a_reason(office_settings: OfficeSettings) -> None:
    assert list(_complaints(_with(amount="0"), office_settings)) == ["waiver_reason"]
    waived = replace(_with(amount="0"), waiver_reason="Hộ nghèo")
    assert form.look_at(waived, office_settings).order is not None


def test_the_portals_dossier_fills_the_form(office_settings: OfficeSettings) -> None:
    sent = {
        "number": "H26.1-261122-0101",
        "payer": "Đỗ Thị Mai",
        "lines": [
            {"fee_code": "HT-TL", "quantity": 2, "amount": 16000},
            {"fee_name": "chứng thực chữ ký", "amount": 10000, "dossier": "H26.1-261122-0102"},
            {"fee_name": "Lệ phí cấp phép", "amount": 5000},
        ],
    }
    draft = form.from_dossier(DRAFT, sent, office_settings)
    assert (draft.payer, draft.channel, draft.token) == ("Đỗ Thị Mai", "online", "t")
    assert [line.fee_code for line in draft.lines] == ["HT-TL", "CT-CK", "KHAC"]
    assert [line.dossier[-4:] for line in draft.lines] == ["0101", "0102", "0101"]
    assert form.look_at(draft, office_settings).order is not None
    assert form.from_dossier(DRAFT, {"number": "H26.1-261122-0101"}, office_settings).lines == (
        DraftLine(dossier="H26.1-261122-0101"),
    )


def test_a_draft_survives_its_hidden_fields() -> None:
    draft = replace(DRAFT, lines=(GOOD, replace(GOOD, fee_name="x", kind="phi")))
    assert form.read(dict(form.fields_of(draft)), "other") == draft
