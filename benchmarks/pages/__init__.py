"""What the pages cost: a large library's answers, open streams, and Lighthouse's opinion."""
