"""`python -m boltkb` is the command `boltkb`."""

from boltkb.cli import main

if __name__ == "__main__":
    main()
