"""Pure: why a notification is not believed or not understood."""

from appliance.errors import ApplianceError


class NotificationError(ApplianceError):
    """A notification cannot be used."""


class NotProvenError(NotificationError, PermissionError):
    """The notification does not prove that it comes from the provider; the message says what is missing."""


class NotUnderstoodError(NotificationError, ValueError):
    """The notification is proven, but its body does not have the provider's form."""
