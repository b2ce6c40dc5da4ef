"""Pure: what a broker's refusals mean and what a technician can do about them. Decides nothing.

Reason codes: MQTT 5 (OASIS Standard), section 2.4.
"""

TAKEN_OVER = 0x8E

_NEXT: dict[int, str] = {
    0x84: "the broker does not speak MQTT 5. Use mosquitto 2, RabbitMQ 4 or the embedded broker",
    0x85: "the broker does not take this name. Compare the counter's id with the name in its certificate",
    0x86: "the broker does not know this certificate. Enrol the device again",
    0x87: "not allowed. Compare the broker's access list and the name in the certificate with our id and site",
    0x88: "the broker is not ready yet. If this stays, look at the broker's own log",
    0x89: "the broker has too much to do. If this stays, look at the broker's own log",
    0x8A: "the broker has banned this device. Ask whoever runs the broker why",
    0x8B: "the broker is being shut down. If this stays, look whether it is started again",
    TAKEN_OVER: "another device has connected under the same name. Was this card copied? Revoke its certificate",
    0x95: "the broker allows smaller messages only. It has to take 20,480 bytes",
    0x97: "the broker's quota is used up. Look at the broker's own log",
    0x9F: "the broker allows fewer connections in this time. Wait; if this stays, raise its limit",
}


def in_words(what: str, reason: int, name: str) -> str:
    """`what` was refused with this reason code, which the standard calls `name`; and what to do next."""
    hint = _NEXT.get(reason, "look at the broker's own log")
    return f"{what}: {name} (0x{reason:02X}): {hint}"


def unreachable(where: str, error: Exception) -> str:
    """Why no connection came about, and what to do next."""
    kind = type(error).__name__
    if "SSL" in kind:
        hint = "the broker and we do not believe each other. Look at the clock, the certificate's dates and the CA file"
    elif isinstance(error, FileNotFoundError | PermissionError):
        hint = "a certificate or key cannot be read. Look at the [broker] section of the settings and the files' owner"
    elif kind == "gaierror":
        hint = "the name is unknown. Look at the network cable, the DNS server and the host in the settings"
    else:
        hint = "look whether the broker runs, at the network cable, and at host and port in the settings"
    return f"no connection to {where}: {error}: {hint}"
