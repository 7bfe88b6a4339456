"""Suanwang 算网: the operating system of a computing-power network."""

__version__ = "0.1.0"
