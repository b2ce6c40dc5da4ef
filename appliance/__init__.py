"""What the appliance does: the counter at the citizen's side, the office at the clerk's, and what both need."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("quaythu")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0"
