"""A policy is data: a folder of TOML that is read here, checked, shown and compiled to SQL."""
