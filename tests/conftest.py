"""What every test needs: properties may take their time, and the office's database may be another."""

import pytest
from hypothesis import settings

# A slow machine is no defect of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="of the office's tests")
