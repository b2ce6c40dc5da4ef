"""The measurements behind `make bench`. A package, so that its modules can import each other by relative names."""
