"""The played bank words a notification as SePay does, and repeats it until it is answered."""

import json

import pytest

from appliance.demo.bank import Bank, Transfer
from appliance.office import matching
from appliance.office.notification import sepay

TRANSFER = Transfer(account="0123499999", amount=12_000, memo="HK7Q4M2X9AF", payer="Nguyễn Văn Ân")


@pytest.fixture
def bank() -> Bank:
    return Bank("http://127.0.0.1:9", b"secret")


def test_the_office_reads_what_the_bank_notifies(bank: Bank) -> None:
    credit = sepay.parse(json.dumps(bank.word(TRANSFER)).encode())
    assert credit is not None
    assert (credit.amount, credit.account) == (12_000, "0123499999")
    assert matching.candidates(credit.memo, "HK") == ("HK7Q4M2X9AF",)


def test_no_two_notifications_have_the_same_id(bank: Bank) -> None:
    assert bank.word(TRANSFER)["id"] != bank.word(TRANSFER)["id"]
