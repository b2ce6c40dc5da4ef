"""The whole of Quầy Thu in one process, with virtual time and every fault: see docs/simulation.md."""
