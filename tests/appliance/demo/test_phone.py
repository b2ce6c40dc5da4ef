"""The phone reads what stands in the picture, or says that nothing does."""

import io

import pytest
from PIL import Image

from appliance.demo import phone
from appliance.office.desk import qr
from mqtt_schema import emv_qr

CODE = emv_qr.encode(bin="970436", account="0123499999", amount=12_000, memo="HK7Q4M2X9AF")


def test_the_phone_reads_the_code_that_the_desk_serves() -> None:
    seen = phone.read(phone.scan(qr.png(CODE)))
    assert (seen.bin, seen.account, seen.amount, seen.memo) == ("970436", "0123499999", "12000", "HK7Q4M2X9AF")


def test_a_picture_without_a_code_is_nothing_to_scan() -> None:
    empty = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(empty, "PNG")
    with pytest.raises(phone.NothingToScanError):
        phone.scan(empty.getvalue())
