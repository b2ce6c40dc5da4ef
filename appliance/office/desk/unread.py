"""Pure: notifications that came to nothing, in words. Never what they said: only who sent one, when, and why not."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.office.desk.signs import Chip
from appliance.office.records import Unread
from mqtt_schema.types import Instant

_PROVIDERS = {"sepay": "SePay"}

_UNREADABLE = Chip("Không đọc được", "question", "amber")
_STUCK = Chip("Chưa ghi sổ", "hourglass", "amber")
_REFUSED = Chip("Bị từ chối", "cross", "ink")

_REASONS = {
    "the signature": "Chữ ký thiếu hoặc sai. Không phải do ngân hàng gửi, hoặc mật khẩu chữ ký đã đổi.",
    "the API key": "Khóa API thiếu hoặc sai. Không phải do ngân hàng gửi, hoặc khóa đã đổi.",
    "the timestamp is missing": "Thiếu giờ gửi.",
    "the timestamp is more": "Giờ gửi lệch quá năm phút: có thể bị gửi lại, hoặc đồng hồ sai.",
    "this office has no": "Văn phòng chưa có mật khẩu chữ ký của nhà cung cấp này.",
    "the body is longer": "Nội dung dài quá mức cho phép.",
}


@dataclass(frozen=True)
class UnreadRow:
    """One notification that came to nothing. `part` names the field that was wrong, for the technician."""

    provider: str
    received_at: Instant
    chip: Chip
    reason: str
    part: str = ""


def unread_rows(unread: Sequence[Unread]) -> list[UnreadRow]:
    """Word them, in the order given."""
    return [_row(each) for each in unread]


def proven(rows: Sequence[UnreadRow]) -> int:
    """How many of them are truly from the bank or provider: behind each may be money."""
    return sum(row.chip is not _REFUSED for row in rows)


def _row(each: Unread) -> UnreadRow:
    provider = _PROVIDERS.get(each.provider, each.provider)
    if not each.is_proven:
        said = next((words for start, words in _REASONS.items() if each.reason.startswith(start)), "Chưa rõ vì sao.")
        return UnreadRow(provider, each.received_at, _REFUSED, said)
    if not each.reason:
        said = "Đã nhận nhưng chưa ghi được vào sổ; hệ thống đang thử lại. Nếu vẫn còn sau vài phút, báo kỹ thuật."
        return UnreadRow(provider, each.received_at, _STUCK, said)
    said = "Thông báo có thật nhưng không đọc được: có thể có tiền đã về. Xem sao kê ngân hàng và báo kỹ thuật."
    return UnreadRow(provider, each.received_at, _UNREADABLE, said, _part(each.reason))


def _part(reason: str) -> str:
    """The field that was wrong: "not understood: transferAmount: Field required" is about transferAmount."""
    words = reason.split(": ")
    return words[1] if len(words) > 2 else ""
