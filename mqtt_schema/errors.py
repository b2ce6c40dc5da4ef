"""Pure: what the contract refuses. Every error has two parents, ours and the builtin that fits."""


class ContractError(Exception):
    """Something does not keep to the contract between office and counter."""


class MessageError(ContractError, ValueError):
    """A message cannot be read: not JSON, not of a known type, a field out of range, too large."""


class SignatureError(ContractError, PermissionError):
    """A message is not signed by whom it should be, or was meant for someone else."""


class TopicError(ContractError, LookupError):
    """A topic is not one of the contract's."""
