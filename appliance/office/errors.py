"""Pure: what the office's parts refuse, and why. The messages of `CashierError`s are words for a clerk."""

from appliance.errors import ApplianceError


class LedgerError(ApplianceError):
    """The ledger cannot do what was asked."""


class StaleError(LedgerError, RuntimeError):
    """Somebody else changed this payment in the meantime; nothing was written."""


class LedgerOpenError(LedgerError, OSError):
    """The ledger's database cannot be opened; the message names it."""


class CashierError(ApplianceError):
    """The office cannot do what was asked; the message says why, in words for a clerk."""


class NotFoundError(CashierError, LookupError):
    """There is no such payment, card or dossier."""


class ConflictError(CashierError, RuntimeError):
    """The payment is no longer where this could be done, or a key was used for something else."""
