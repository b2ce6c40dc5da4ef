"""Pure: what the API says when a request does not have its form: a field and a Vietnamese sentence each."""

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.office.order import Complaint

_SENTENCES = {
    "missing": "Thiếu trường này.",
    "extra_forbidden": "Không có trường này. Hãy bỏ đi hoặc sửa lại tên.",
    "int_type": "Cần một số nguyên.",
    "int_parsing": "Cần một số nguyên.",
    "int_from_float": "Cần một số nguyên, không có phần lẻ.",
    "string_type": "Cần một chuỗi ký tự.",
    "string_too_short": "Không được để trống.",
    "string_too_long": "Dài quá {max_length} ký tự.",
    "list_type": "Cần một danh sách.",
    "too_short": "Cần ít nhất {min_length} mục.",
    "too_long": "Có nhiều nhất {max_length} mục.",
    "enum": "Chỉ nhận một trong: {expected}.",
    "json_invalid": "Nội dung gửi lên không phải JSON đúng cách.",
    "model_attributes_type": "Cần một đối tượng JSON.",
    "date_from_datetime_parsing": "Cần một ngày, ví dụ 2026-11-22.",
    "date_parsing": "Cần một ngày, ví dụ 2026-11-22.",
}
_UNKNOWN = "Giá trị này không dùng được."
_NO_KEY = "Thiếu tiêu đề Idempotency-Key: một chuỗi riêng cho mỗi lệnh thu, gửi lại y nguyên khi thử lại."


def complaints(errors: Sequence[Mapping[str, Any]]) -> list[Complaint]:
    """Translate pydantic's errors (loc, type, ctx)."""
    return [_complaint(error) for error in errors]


def _complaint(error: Mapping[str, Any]) -> Complaint:
    place, *path = (str(part) for part in error["loc"])
    if error["type"] == "json_invalid":
        path = []  # pydantic says at which character; that is no field
    if (place, *path) == ("header", "idempotency-key") and error["type"] == "missing":
        return Complaint("Idempotency-Key", _NO_KEY)
    sentence = _SENTENCES.get(error["type"], _UNKNOWN)
    return Complaint(".".join(path), sentence.format_map(_Blank(error.get("ctx") or {})))


class _Blank(dict[str, Any]):
    """A detail that pydantic did not give stays a blank instead of an error about an error."""

    def __missing__(self, key: str) -> str:
        return "…"
