"""Commands: the functions that the command line calls. Each imports inside, so that `--help` is quick."""
