"""Pure: the milestones of a payment in words."""

from collections.abc import Callable, Sequence

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
    "insisted": "Vẫn cho hiện mã dù quầy thiếu",
    "slip_wanted": "Yêu cầu in phiếu đang chờ",
    "slip_move_asked": "Yêu cầu chuyển phiếu sang quầy khác",
    "slip_moved": "Phiếu chuyển sang quầy khác",
    "slip_kept": "Quầy không chuyển phiếu đi",
    "slip_drop_asked": "Yêu cầu bỏ phiếu đang chờ",
    "slip_dropped": "Phiếu không in nữa",
    "slip_confirmed": "Cán bộ xác nhận phiếu đã ra giấy",
    "copy_asked": "Yêu cầu bản sao",
    "copy_printed": "Bản sao đã in",
    "copy_not_printed": "Bản sao chưa in được",
    "copy_possibly_printed": "Không chắc bản sao đã in",
}


def timeline_words(
    timeline: Sequence[Milestone], name_of: Callable[[str], str] = lambda counter: counter
) -> list[tuple[str, Instant]]:
    """Each milestone in words, with who, why and where if that was kept, and its moment."""
    return [(_words(done, name_of), done.at) for done in timeline]


def _words(done: Milestone, name_of: Callable[[str], str]) -> str:
    more = [word for word in (name_of(done.counter) if done.counter else "", done.words) if word]
    return "; ".join([_MILESTONES.get(done.milestone, done.milestone), *more])
