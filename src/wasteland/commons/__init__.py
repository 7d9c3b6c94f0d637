"""The SDK: every operation on one commons, written once."""
