"""Pure: every word that the glass says, one catalogue a language. Only words: no layout, no condition.

A language is a `Texts`; whoever adds one is told by the type checker which sentence is missing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """What a screen without a code says: a heading of few words, and what to do next, sentence by sentence."""

    heading: str
    body: tuple[str, ...]


@dataclass(frozen=True)
class Texts:
    """The sentences of one language. Names in braces are filled in."""

    weekdays: tuple[str, str, str, str, str, str, str]
    """From Monday."""
    date: str
    counter: str

    idle_heading: str
    idle_steps: tuple[str, str, str]
    card: Notice

    scan: str
    and_other_fees: str
    dossier: str
    and_other_dossiers: str
    check_name: str
    bank: str
    account: str
    memo: str
    time_left: str
    time_nearly_up: str
    link_lost: str

    paid: Notice
    paid_without_slip: Notice
    expired: Notice
    cancelled: Notice
    see_clerk: Notice
    offline: Notice


VIETNAMESE = Texts(
    weekdays=("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật"),
    date="{weekday}, {day:02}/{month:02}/{year}",
    counter="Quầy {counter}",
    idle_heading="Nộp phí, lệ phí bằng mã QR",
    idle_steps=(
        "Nói với cán bộ thủ tục cần làm",
        "Quét mã hiện trên màn hình này",
        "Nhận phiếu xác nhận",
    ),
    card=Notice(
        "Phòng tránh lừa đảo",
        ("Cán bộ không bao giờ hỏi mật khẩu hay mã\u00a0OTP.", "Chỉ quét mã trên màn hình của quầy."),
    ),
    scan="Mở ứng dụng ngân hàng và quét mã",
    and_other_fees="và {count} khoản khác",
    dossier="Hồ\u00a0sơ\u00a0…{tail}",
    and_other_dossiers="Hồ\u00a0sơ\u00a0…{tail} và {count} hồ sơ khác",
    check_name="Kiểm tra ứng dụng hiện đúng tên này:",
    bank="Ngân hàng",
    account="Tài khoản",
    memo="Nội dung",
    time_left="Mã còn dùng được trong",
    time_nearly_up="Mã sắp hết hạn, chỉ còn",
    link_lost="Mất kết nối. Mã vẫn dùng được, kết quả hiện chậm hơn.",
    paid=Notice("Đã nhận tiền", ("Mời ông/bà nhận phiếu.",)),
    paid_without_slip=Notice("Đã nhận tiền", ("Cảm ơn ông/bà.",)),
    expired=Notice(
        "Mã đã hết hạn", ("Xin đừng quét mã cũ, nhờ cán bộ tạo mã mới.", "Nếu vừa chuyển tiền, xin báo cán bộ.")
    ),
    cancelled=Notice("Đã hủy thanh toán", ("Xin đừng quét mã cũ.", "Nếu vừa chuyển tiền, xin báo cán bộ.")),
    see_clerk=Notice(
        "Mời ông/bà gặp cán bộ", ("Khoản thanh toán này cần cán bộ kiểm tra.", "Xin đừng chuyển thêm tiền.")
    ),
    offline=Notice("Đang chờ kết nối", ("Quầy chưa nhận được thanh toán.", "Mời ông/bà chờ giây lát hoặc gặp cán bộ.")),
)
