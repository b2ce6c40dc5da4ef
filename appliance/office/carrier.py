"""Carries the fleet's document to counters that follow an older one, or none. The office cannot write one.

Nor does it judge who signed it: the counters do. It only makes sure that it does not itself speak with a key that they
will not believe.
"""

from appliance.logs import Log
from appliance.office.ledger import Books
from appliance.office.till import Till
from appliance.settings import OfficeSettings
from mqtt_schema import fleet
from mqtt_schema.errors import ContractError, SignatureError
from mqtt_schema.fleet import FleetDocument
from mqtt_schema.jws import SigningKey
from mqtt_schema.messages import FleetOrders
from mqtt_schema.types import Instant

log = Log()

_TYPE = "fleet_orders"
_ASK = "Ask the owner of the fleet key for another document"
_NEXT = "Name another key in signing_key_file, or ask the owner of the fleet key for another document"


class Carrier:
    """Has one document at most, read at the start of the office."""

    def __init__(self, settings: OfficeSettings, key: SigningKey, at: Instant) -> None:
        """Raises `SignatureError` in words when counters would not believe `key`, `OSError` for the file."""
        self._counters = {counter.id for counter in settings.counters}
        self._text, self._document = "", None
        if settings.fleet_document is not None:
            self._text = settings.fleet_document.read_text("utf-8").strip()
            self._document = _document(self._text, settings)
            if objection := fleet.objection_to(self._document, key, at):
                raise SignatureError(f"{settings.fleet_document}: {objection}. {_NEXT}")
            believed = [one for one in self._document.beneficiaries if one.is_valid_at(at)]
            if not any(one.allows(settings.beneficiary) for one in believed):
                refused = f"{settings.fleet_document} does not allow the account in [beneficiary] now"
                log.error("fleet", error=f"{refused}: no counter would show a code. {_ASK}")

    def brief(self, books: Books, till: Till, counter: str, serial: int, at: Instant) -> None:
        """A counter follows the document with this serial (0: none): let it have ours, if that is newer."""
        if self._document is None or counter not in self._counters or serial >= self._document.serial:
            return
        # It said so once more, so what was posted for it before has not helped yet.
        books.take_back(counter, _TYPE)
        till.post(books, FleetOrders(document=self._text), counter, at)


def _document(text: str, settings: OfficeSettings) -> FleetDocument:
    try:
        document = fleet.read_unchecked(text)
    except ContractError as error:
        raise SignatureError(f"{settings.fleet_document} is no fleet document: {error}") from error
    if document.site != settings.site:
        raise SignatureError(f"{settings.fleet_document} is meant for {document.site}, not {settings.site}")
    return document
