"""The places where numbers come from: one file each, all behind ``base.Source``, named in ``registry.py``."""
