"""Pure: what became of a credit, in words, shapes and tones."""

from collections.abc import Mapping, Sequence

from appliance.office.desk.days import exact_words
from appliance.office.desk.figures import vnd
from appliance.office.desk.signs import Chip, Notice
from appliance.office.events import Verdict
from appliance.office.payment import Payment
from appliance.office.records import BookedCredit

TOO_LITTLE = Chip("Thiếu tiền", "minus", "amber")
TOO_MUCH = Chip("Thừa tiền", "plus", "amber")

_VERDICTS: Mapping[Verdict, Chip] = {
    Verdict.MATCHED: Chip("Đã khớp", "tick", "green"),
    Verdict.LATE: Chip("Về muộn", "clock", "amber"),
    Verdict.SURPLUS: Chip("Trả thừa lần", "plus", "amber"),
    Verdict.UNMATCHED: Chip("Chưa rõ khoản", "question", "amber"),
}

_ADVICE: Mapping[Verdict, str] = {
    Verdict.LATE: "Tiền về sau khi khoản thu đã hết hạn hoặc bị hủy; chờ xử lý.",
    Verdict.SURPLUS: "Khoản thu này đã có tiền trước đó; chờ hoàn trả.",
    Verdict.UNMATCHED: "Không tìm thấy mã tham chiếu trong nội dung chuyển khoản; chờ đối chiếu.",
}


def chip(booked: BookedCredit, payment: Payment | None) -> Chip:
    """What became of a credit, in a word and a shape; of a held one, whether it was too little or too much."""
    if booked.verdict is Verdict.HELD:
        return TOO_LITTLE if _is_short(booked, payment) else TOO_MUCH
    return _VERDICTS[booked.verdict]


def advice(booked: BookedCredit, payment: Payment | None) -> str:
    """What a credit that is no match is waiting for; empty for a match."""
    if booked.verdict is Verdict.HELD:
        of = f" trên {vnd(payment.amount)}" if payment else ""
        return f"Nhận {vnd(booked.credit.amount)}{of}; tiền được giữ lại chờ xử lý."
    return _ADVICE.get(booked.verdict, "")


def _is_short(booked: BookedCredit, payment: Payment | None) -> bool:
    return payment is not None and booked.credit.amount < payment.amount


def notices(booked_credits: Sequence[BookedCredit]) -> list[Notice]:
    """What a payment's page says of money that came late or twice."""
    words = {Verdict.LATE: "Tiền về muộn", Verdict.SURPLUS: "Người dân đã chuyển thêm một lần nữa"}
    return [
        Notice(
            f"{words[booked.verdict]}: {vnd(booked.credit.amount)} lúc {exact_words(booked.booked_at)}. "
            f"{_ADVICE[booked.verdict]}",
            _VERDICTS[booked.verdict].shape,
            "amber",
        )
        for booked in booked_credits
        if booked.verdict in words
    ]
