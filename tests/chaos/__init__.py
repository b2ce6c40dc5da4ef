"""Chaos: the real processes, killed and cut off at random, and what is left of the money and the paper afterwards."""
