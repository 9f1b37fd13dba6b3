"""The documents that count, the claims they make, and what corrects them."""
