"""ECS for real: a pure scheduler decides, and a process plays each task."""
