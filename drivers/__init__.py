"""Hands and eyes of the counter: glass, paper and panel. They know pixels, dots and pins, but no money and no MQTT."""
