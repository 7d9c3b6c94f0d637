"""My work: what one holds, has offered and has done, and what became of it."""
