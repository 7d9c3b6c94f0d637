"""Where rows live: one versioned SQL database behind one contract (``base.Engine``)."""
