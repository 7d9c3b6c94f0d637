"""Where repositories, forks and pull requests live, behind one contract (``base.Host``)."""
