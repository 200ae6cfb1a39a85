"""The jobs: the order of steps, one screen each, and the command line."""
