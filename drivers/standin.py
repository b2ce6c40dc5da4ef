"""Modules that stand empty until somebody asks them for something. It knows none of them, and imports almost nothing.

Libraries import more than a device that runs for months in little memory ever uses.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost 3 ms before the first frame
    from collections.abc import Callable
    from types import ModuleType


def put(name: str, *functions: str) -> None:
    """Let `import name` find an empty module, whose parts (`name.part`, of a package) are loaded as usual, and alone.

    It becomes the whole one as soon as somebody asks it for anything else, or calls one of its `functions`: those can
    be had by `from name import` before. One that is loaded already stays as it is. Raises `ModuleNotFoundError`.
    """
    if name in sys.modules:
        return
    from importlib.util import find_spec, module_from_spec

    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = module_from_spec(spec)
    module.__dict__["__getattr__"] = _found_in(module)
    for function in functions:
        setattr(module, function, _called_in(module, function))
    sys.modules[name] = module
    package, _, part = name.rpartition(".")
    if package:
        setattr(sys.modules[package], part, module)


def _found_in(module: "ModuleType") -> "Callable[[str], object]":
    """A module's `__getattr__` (PEP 562), asked for names that are missing."""
    from importlib import import_module
    from importlib.util import find_spec

    def find(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        part = f"{module.__name__}.{name}"
        if hasattr(module, "__path__") and find_spec(part):
            return import_module(part)
        _become_whole(module)
        return getattr(module, name)

    return find


def _called_in(module: "ModuleType", name: str) -> "Callable[..., object]":
    def call(*arguments: object, **named: object) -> object:
        _become_whole(module)
        return getattr(module, name)(*arguments, **named)

    return call


def _become_whole(module: "ModuleType") -> None:
    """Run the module's own code; a second time changes nothing."""
    if module.__dict__.pop("__getattr__", None) and module.__spec__ and module.__spec__.loader:
        module.__spec__.loader.exec_module(module)
