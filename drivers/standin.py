"""Modules that stand empty until somebody asks them for something. It knows none of them, and imports almost nothing.

Libraries import more than a device that runs for months in little memory ever uses.
"""

import sys
from _thread import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost 3 ms before the first frame
    from collections.abc import Callable
    from importlib.abc import Loader
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
    standin = _Standin(module, spec.loader)
    module.__dict__["__getattr__"] = standin.find
    for function in functions:
        setattr(module, function, standin.calling(function))
    sys.modules[name] = module
    package, _, part = name.rpartition(".")
    if package:
        setattr(sys.modules[package], part, module)


class _Standin:
    """Loads what a module is asked for: a part of the package, or all of it, once."""

    def __init__(self, module: "ModuleType", loader: "Loader") -> None:
        self._module = module
        self._loader = loader
        self._lock = RLock()
        self._is_running = False
        self._is_whole = False

    def find(self, name: str) -> object:
        """The module's `__getattr__` (PEP 562), asked for names that are missing."""
        from importlib import import_module
        from importlib.util import find_spec

        if name.startswith("__"):
            raise AttributeError(name)
        part = f"{self._module.__name__}.{name}"
        if hasattr(self._module, "__path__") and find_spec(part):
            return import_module(part)
        if not self._become_whole():
            raise AttributeError(name)
        return getattr(self._module, name)

    def calling(self, name: str) -> "Callable[..., object]":
        """A function that makes the module whole, and calls its own."""

        def call(*arguments: object, **named: object) -> object:
            self._become_whole()
            return getattr(self._module, name)(*arguments, **named)

        return call

    def _become_whole(self) -> bool:
        """Run the module's own code, if nobody has; another thread waits for it. False for that code itself."""
        with self._lock:
            if self._is_running or self._is_whole:
                return self._is_whole
            self._is_running = True
            try:
                self._loader.exec_module(self._module)
            finally:
                self._is_running = False
            self._is_whole = True
            if self._module.__dict__.get("__getattr__") == self.find:  # else it has one of its own
                del self._module.__dict__["__getattr__"]
            return True
