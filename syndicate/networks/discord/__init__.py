"""Discord: channels by bot or webhook."""
