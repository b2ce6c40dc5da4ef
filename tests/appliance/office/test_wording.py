from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from appliance.office.order import Complaint
from appliance.office.wording import complaints


class _Whole(BaseModel):
    number: int
    words: str = "x"


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "number", "Thiếu trường này."),
        ({"number": "x"}, "number", "Cần một số nguyên."),
        ({"number": 1.5}, "number", "Cần một số nguyên, không có phần lẻ."),
        ({"number": 1, "words": 2}, "words", "Cần một chuỗi ký tự."),
    ],
)
def test_what_is_wrong_is_said_in_vietnamese(given: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Whole.model_validate(given)
    found = [{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()]
    assert complaints(found) == [Complaint(field, words)]


def test_what_nobody_foresaw_still_gets_a_sentence() -> None:
    assert complaints([{"loc": ("query", "x"), "type": "brand_new"}]) == [
        Complaint("x", "Giá trị này không dùng được.")
    ]


def test_a_missing_detail_is_left_blank() -> None:
    assert complaints([{"loc": ("body", "x"), "type": "too_long"}])[0].sentence == "Có nhiều nhất … mục."
