"""Issues: who is due, what each issue holds, and how an issue becomes a message."""
