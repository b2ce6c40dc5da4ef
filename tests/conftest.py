"""What every test needs: properties may take their time."""

from hypothesis import settings

# A slow machine is no defect of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
