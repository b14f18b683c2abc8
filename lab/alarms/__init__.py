"""CloudWatch's alarms played: they look at the lab's metrics, change their state, and tell their topics."""
