"""Pure: the milestones of a payment in words."""

from collections.abc import Sequence

from appliance.office.records import Milestone
from mqtt_schema.types import Instant

_MILESTONES = {
    "created": "Tạo khoản thu",
    "published": "Gửi mã tới quầy",
    "displayed": "Người dân thấy mã",
    "refused": "Quầy từ chối",
    "parked": "Tạm gác",
    "resumed": "Hiện lại",
    "notified": "Ngân hàng báo",
    "paid": "Đã nhận tiền",
    "underpaid": "Thiếu tiền",
    "overpaid": "Thừa tiền",
    "late": "Tiền về muộn",
    "surplus": "Trả thừa lần",
    "waived": "Miễn thu",
    "expired": "Hết hạn",
    "cancelled": "Hủy",
    "checking": "Kiểm tra với ngân hàng",
    "extended": "Thêm thời gian cho người dân",
    "on_behalf": "Chuyển sang cán bộ nộp thay",
    "printed": "Phiếu đã in",
    "not_printed": "Phiếu chưa in được",
    "possibly_printed": "Không chắc phiếu đã in",
    "copy_asked": "Yêu cầu bản sao",
    "copy_printed": "Bản sao đã in",
    "copy_not_printed": "Bản sao chưa in được",
    "copy_possibly_printed": "Không chắc bản sao đã in",
}


def timeline_words(timeline: Sequence[Milestone]) -> list[tuple[str, Instant]]:
    """Each milestone in words, with its moment."""
    return [(_MILESTONES.get(done.milestone, done.milestone), done.at) for done in timeline]
