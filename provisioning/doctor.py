"""Looks at a counter or an office on the machine where it stands: `quaythu doctor`. Changes nothing.

Each half is imported where it is needed: a counter has none of the office's libraries.
"""

from pathlib import Path

from appliance.settings import SettingsError, read_counter, read_office
from provisioning import seed
from provisioning.checkup import Check, Level, Machine

__all__ = ["Check", "Level", "Machine", "examine"]


def examine(path: Path, machine: Machine | None = None, *, asks_printer: bool = False) -> list[Check]:
    """Examine what this settings file is for. `asks_printer` only while the counter does not run."""
    machine = machine or Machine()
    try:
        if seed.is_office(path):
            from provisioning import office_doctor

            return list(office_doctor.look(path, read_office(path), machine))
        from provisioning import counter_doctor

        return list(counter_doctor.look(path, read_counter(path), machine, asks_printer=asks_printer))
    except SettingsError as error:
        return [Check("settings", Level.WRONG, str(error), "Correct the file, then look again")]
