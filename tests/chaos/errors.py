"""What can go wrong with the chaos itself; what it finds wrong with the product is a `Finding`."""

from appliance.errors import ApplianceError


class ChaosError(ApplianceError, RuntimeError):
    """The ground could not be laid, or people waited in vain; the message says for what."""


class MissingToolError(ChaosError, FileNotFoundError):
    """A program is not there; the message says what to install."""
