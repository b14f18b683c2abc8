"""The lab's Application Load Balancer: Envoy, following what the emulator's ELBv2 says."""
