"""What the office's HTTP side is put together from. Names only."""

from dataclasses import dataclass

from appliance.clock import Clock
from appliance.office.calls import Calls
from appliance.office.cards import CardRack
from appliance.office.cashier import Cashier
from appliance.office.desk.changes import Changes
from appliance.office.intake import Intake
from appliance.office.ledger import Ledger
from appliance.office.paper import Paper
from appliance.settings import OfficeSettings


@dataclass(frozen=True)
class Parts:
    """One office's parts, made and owned by whoever runs it."""

    settings: OfficeSettings
    ledger: Ledger
    cashier: Cashier
    calls: Calls
    cards: CardRack
    paper: Paper
    intake: Intake
    clock: Clock
    changes: Changes
