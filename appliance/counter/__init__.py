"""The counter: screen, printer and panel in front of one citizen."""
