"""The contract of `engines.base`, run over every engine through the fixture `engine`."""
