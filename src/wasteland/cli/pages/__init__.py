"""Pages of results for people: rich renderables made from records, nothing else."""
