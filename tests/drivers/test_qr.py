import numpy as np
import pytest
import segno
import zxingcpp

from drivers import qr

PAYLOAD = (
    "00020101021238540010A00000072701240006970436011000110023450208QRIBFTTA5303704540535000"
    "5802VN62150811HKABCDEFGHJ6304"
)


def picture(matrix: qr.QrMatrix, module_px: int = 4) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    modules = np.array([list(row) for row in matrix.rows], dtype=np.uint8)
    light = np.pad(1 - modules, 4, constant_values=1)
    return np.asarray(np.kron(light, np.ones((module_px, module_px))) * 255, np.uint8)


@pytest.mark.parametrize("error", ["L", "M", "Q", "H"])
def test_what_is_encoded_is_read_back(error: qr.Error) -> None:
    matrix = qr.modules(PAYLOAD, error)
    assert [found.text for found in zxingcpp.read_barcodes(picture(matrix))] == [PAYLOAD]


def test_a_matrix_is_square_and_of_zeros_and_ones() -> None:
    matrix = qr.modules(PAYLOAD)
    assert len(matrix.rows) == matrix.size
    assert all(len(row) == matrix.size and set(row) <= {0, 1} for row in matrix.rows)


def test_an_upper_case_vietqr_takes_no_more_than_41_modules() -> None:
    assert qr.modules(PAYLOAD).size == 37


def test_the_same_payload_is_encoded_once() -> None:
    assert qr.modules(PAYLOAD) is qr.modules(PAYLOAD)


def test_paper_gets_more_correction_than_glass() -> None:
    assert qr.modules(PAYLOAD, "Q").size > qr.modules(PAYLOAD, "M").size


def test_the_mask_is_given_and_not_searched() -> None:
    for number in range(8):
        given = segno.make_qr(f"{PAYLOAD}{number}", error="m", mask=3)
        assert given.matrix == tuple(map(bytearray, qr.modules(f"{PAYLOAD}{number}").rows))


def test_a_payload_too_long_for_any_code_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        qr.modules("X" * 5000)
