"""The documentation as pages: the guides, the glossary, the architecture, the commands."""
