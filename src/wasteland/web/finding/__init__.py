"""Finding anything: the palette's suggestions, and the page of results without a script."""
