"""What `python -m lab COMMAND` does; each function returns the exit code and raises LabError."""
