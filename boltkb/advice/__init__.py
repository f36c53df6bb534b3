"""What to do about a diagnosis, and what not: findings, actions, and the first screen.

Speaks to an operator.  It decides nothing about causes (that is the bridge's) and computes no
model (that is the theory's); it weighs what to say first.
"""

from boltkb.advice.advise import Advice, advise
from boltkb.advice.findings import Finding

__all__ = ["Advice", "Finding", "advise"]
