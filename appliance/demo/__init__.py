"""The whole appliance on one machine: real processes, virtual devices, a bank and a portal that are played."""
