"""`python -m tailrace.cli`: the same as the `tailrace` command."""

from tailrace.cli.main import main

if __name__ == "__main__":
    main()
