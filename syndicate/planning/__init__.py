"""What should happen, decided from values alone: no clock, disk, network, chance or environment."""
