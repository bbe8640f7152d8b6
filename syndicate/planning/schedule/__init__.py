"""When a message may go out."""
