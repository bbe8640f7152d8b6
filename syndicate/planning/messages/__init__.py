"""What a message says, made to fit."""
