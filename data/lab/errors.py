"""The one error of the lab: something outside it is missing or did not work.

It must not know what the caller does with it; ``__main__`` prints it as one paragraph.
"""


class LabError(RuntimeError):
    """Say what was sought, what was found and what to do, in one paragraph."""
