"""The command line, as `python -m learning_diagrams`."""

from learning_diagrams.cli import main

if __name__ == "__main__":
    main()
