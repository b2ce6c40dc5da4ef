from datetime import UTC, datetime

import pytest

from appliance.office.desk.unread import proven, unread_rows
from appliance.office.records import Unread

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def test_a_proven_notification_that_nobody_could_read_may_be_money() -> None:
    (row,) = rows = unread_rows([Unread("sepay", NOON, "not understood: transferAmount: Field required", True)])
    assert (row.provider, row.chip.word, row.part) == ("SePay", "Không đọc được", "transferAmount")
    assert "có thể có tiền đã về" in row.reason
    assert proven(rows) == 1


def test_one_that_is_not_in_the_ledger_yet_is_told_of() -> None:
    (row,) = rows = unread_rows([Unread("other", NOON, "", True)])
    assert (row.provider, row.chip.word, row.part) == ("other", "Chưa ghi sổ", "")
    assert proven(rows) == 1


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("the signature is missing or wrong", "Chữ ký"),
        ("the API key is missing or wrong", "Khóa API"),
        ("the timestamp is missing or not a number of seconds", "Thiếu giờ"),
        ("the timestamp is more than five minutes away from this clock", "lệch quá năm phút"),
        ("this office has no HMAC secret for SePay", "chưa có mật khẩu"),
        ("the body is longer than 65536 bytes", "dài quá"),
        ("something new", "Chưa rõ"),
    ],
)
def test_an_unproven_one_is_said_to_be_refused(reason: str, words: str) -> None:
    (row,) = rows = unread_rows([Unread("sepay", NOON, reason, False)])
    assert words in row.reason
    assert proven(rows) == 0


def test_no_detail_of_what_was_said_is_repeated() -> None:
    (row,) = unread_rows([Unread("sepay", NOON, "not understood: 0912345678", True)])
    assert "0912345678" not in f"{row}"
