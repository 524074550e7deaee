"""The version of IonSieve, written into every result and decision."""

__version__ = "0.1.0"
