import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import assume, given
from hypothesis import strategies as st

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


# The code on the glass


def vietqr(number: int) -> str:
    return f"{PAYLOAD}{number * 7919 % 65536:04X}"


def test_opencv_reads_the_code_on_the_glass() -> None:
    detector = cv2.QRCodeDetector()
    for number in range(40):
        assert detector.detectAndDecode(picture(qr.modules_at_once(vietqr(number)), 8))[0] == vietqr(number)


@pytest.mark.skipif(not shutil.which("zbarimg"), reason="zbarimg is not installed (apt install zbar-tools)")
def test_zbar_reads_the_code_on_the_glass(tmp_path: Path) -> None:
    for number in range(4):
        file = tmp_path / f"{number}.png"
        cv2.imwrite(str(file), picture(qr.modules_at_once(vietqr(number)), 8))
        command = ["zbarimg", "--quiet", "--raw", "--oneshot", str(file)]
        read = subprocess.run(command, capture_output=True, text=True, check=True)
        assert read.stdout.strip() == vietqr(number)


ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=280)


def format_of(matrix: qr.QrMatrix) -> tuple[bytes, ...]:
    """The level and the mask, as a reader finds them beside the top left eye (ISO/IEC 18004, 7.9)."""
    return (matrix.rows[8][:9], *(matrix.rows[row][8:9] for row in range(8)))


@given(
    st.lists(st.text("0123456789", max_size=40) | st.text("ABCDEFGHIJ+-:", max_size=12)).map("".join),
    st.sampled_from(["LM", "LQ", "MQ", "MH", "QH"]),
)
def test_a_better_level_that_costs_no_module_is_taken_however_a_text_is_segmented(text: str, levels: str) -> None:
    assume(0 < len(text) < 280)
    least, better = (qr.modules_at_once(text, level) for level in levels)
    assert least.size < better.size or least == better


@given(ASCII, st.sampled_from(["L", "M", "Q", "H"]))
def test_both_encoders_choose_the_same_version_level_and_mask(text: str, error: qr.Error) -> None:
    ours, segnos = qr.modules_at_once(text, error), qr.modules(text, error)
    assert (ours.size, format_of(ours)) == (segnos.size, format_of(segnos))


def bits_of(matrix: qr.QrMatrix) -> list[int]:
    """What a reader finds in a code of version 1 without its mask, in the order of ISO/IEC 18004, 7.7.3."""
    bits = []
    for number, right in enumerate((20, 18, 16, 14, 12, 10, 8, 5, 3, 1)):
        for row in range(21) if number % 2 else range(20, -1, -1):
            bits += [
                matrix.rows[row][column] ^ ((row + column) % 3 == 0)
                for column in (right, right - 1)
                if row != 6 and not (row < 9 and (column < 9 or column > 12)) and not (row > 12 and column < 9)
            ]
    return bits


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=14))
def test_both_encoders_write_the_same_bits_where_there_is_one_way_to_segment_a_text(text: str) -> None:
    told = 4 + 8 + 8 * len(text) + 4
    """Mode, length, text, terminator; what pads the rest means nothing, and segno pads one byte more."""
    assert bits_of(qr.modules_at_once(text))[:told] == bits_of(qr.modules(text))[:told]


@pytest.mark.parametrize("text", ["", "X" * 5000])
def test_nothing_and_too_much_have_no_code_on_the_glass(text: str) -> None:
    with pytest.raises(ValueError, match=r"empty|long"):
        qr.modules_at_once(text)


def test_a_code_on_the_glass_is_encoded_once() -> None:
    assert qr.modules_at_once(PAYLOAD) is qr.modules_at_once(PAYLOAD)
