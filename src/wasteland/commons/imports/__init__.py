"""``wl import``: backlogs kept elsewhere, as wanted items."""
