"""Message-passing engines with one message a weight or one an edge."""
