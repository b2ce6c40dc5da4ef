"""Pure: the payment that the demo plays, and every reason in words why it cannot be played."""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from appliance.errors import ApplianceError
from mqtt_schema.messages import Beneficiary
from mqtt_schema.types import CounterId

Source = Literal["desk", "api", "portal"]


class CaseError(ApplianceError, ValueError):
    """The demo was asked for something that cannot be; the message says what to change."""


@dataclass(frozen=True)
class Case:
    """One citizen's errand. `amount` in đồng; `fee` is free text."""

    counter: str = "quay-01"
    fee: str = "Chứng thực bản sao từ bản chính"
    amount: int = 12_000
    dossier: str = "H26.1-261122-0001"
    payer: str = "Nguyễn Văn An"
    bin: str = "970436"
    account: str = "0123499999"
    account_name: str = "UBND PHUONG HOAN KIEM"
    source: Source = "desk"

    @property
    def beneficiary(self) -> Beneficiary:
        """Whose account is paid. Raises `CaseError`."""
        try:
            return Beneficiary(
                bin=self.bin, account=self.account.upper(), account_name=self.account_name, bank_name=self._bank
            )
        except ValidationError as error:
            raise CaseError(_sentence(error)) from error

    @property
    def _bank(self) -> str:
        """The demo's own bank has a name; of any other only the configured number is known, never a guess."""
        return "Vietcombank" if self.bin == "970436" else f"Ngân hàng có mã BIN {self.bin}"

    def check(self) -> None:
        """Refuse what no office could be set up with. What an office refuses itself is left to it."""
        try:
            TypeAdapter(CounterId).validate_python(self.counter)
        except ValidationError as error:
            raise CaseError(f"--counter {self.counter}: only a-z, 0-9 and dashes, such as quay-01") from error
        _ = self.beneficiary


_WANTED = {
    "bin": "--bin: six digits, such as 970436",
    "account": "--account: 1 to 19 letters A-Z and digits, such as 0123499999",
    "account_name": "--account-name: a name of 1 to 200 characters",
}


def _sentence(error: ValidationError) -> str:
    return "; ".join(_WANTED[str(wrong["loc"][0])] for wrong in error.errors())
