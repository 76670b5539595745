"""What a fitted classifier answers, and how sure it is."""
