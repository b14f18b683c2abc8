"""What every module's answer holds besides its own keys."""

ANSIBLES_OWN = {"changed", "diff", "invocation", "warnings", "deprecations"}
"""Warnings are kept by the process: a test may find those of the one before it."""
