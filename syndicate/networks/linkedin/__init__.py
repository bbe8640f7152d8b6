"""LinkedIn: people and organisations."""
