"""The embedded engine: DoltLite, a SQLite with Git's verbs, through a private driver."""
