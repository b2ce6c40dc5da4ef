"""What the appliance does: the counter at the citizen's side, the office at the clerk's, and what both need."""


def __getattr__(name: str) -> str:
    """`__version__`, looked up when somebody asks for it: reading what is installed takes 15 ms of every start."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("quaythu")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"
