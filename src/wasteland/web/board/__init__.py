"""The board: a page of it, its rows as they change, and what is done to several at once."""
