"""What networks share: calling and reading answers, finding our own posts, logins, checks."""
