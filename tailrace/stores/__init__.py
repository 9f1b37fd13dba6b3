"""Where a journal is kept. One file is one scheme: `memory://`, `sqlite:///book.db`, `postgres://`."""
