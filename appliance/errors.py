"""Pure: the one parent of what the appliance refuses. Each error has a second one, the builtin that fits."""


class ApplianceError(Exception):
    """Something cannot be done; the message says why, in words."""
