"""The model of compositions on the official split of OBELiX."""
