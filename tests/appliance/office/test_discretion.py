import pytest

from appliance.office.discretion import GENERAL_NAME, discreet, masked
from mqtt_schema.messages import FeeKind, Line
from mqtt_schema.types import TRANSFER_CAP, Vnd


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Nguyễn Văn An", "N*** V*** A"),
        ("Đỗ Thị Ánh Tuyết", "Đ*** T*** Á*** T"),
        ("trần  an", "T*** A"),
        ("Ngọc", "N"),
        ("  ", ""),
        ("a b c d e f g h i j k l", "A*** B*** C*** D*** E*** F*** G*** H*** L"),
    ],
)
def test_of_a_name_only_the_initials_are_shown(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_the_longest_name_fits_into_its_message() -> None:
    assert len(masked("ẵ " * 100)) <= 200


def test_of_a_sensitive_fee_money_and_dossier_stay() -> None:
    plain = Line(
        dossier="H26.1-261122-0001",
        fee_code="CT-BS",
        fee_name="Chứng thực",
        fee_name_en="Certified copy",
        quantity=2,
        amount=Vnd(TRANSFER_CAP - 1),
        kind=FeeKind.PHI,
    )
    shown, hidden = discreet((plain, plain.model_copy(update={"is_sensitive": True})))
    assert shown == plain
    assert (hidden.fee_name, hidden.fee_name_en) == (GENERAL_NAME, "Fee as in your file")
    kept = ("dossier", "quantity", "amount", "kind", "is_sensitive")
    assert [getattr(hidden, name) for name in kept] == ["H26.1-261122-0001", 2, TRANSFER_CAP - 1, FeeKind.PHI, True]
