"""Random numbers inside the kernel: xoshiro256++, one stream per purpose, and the laws.

Blackman and Vigna (2021), "Scrambled linear pseudorandom number generators".  The same seed
gives the same numbers whatever else is drawn for another purpose.
"""

from __future__ import annotations

import math

import numpy as np

from boltkb.twin.kernel import codes
from boltkb.twin.kernel.compiling import STATE, compiled, f8, i8

__all__ = ["draw", "exponential", "uniform"]

_UNIT = 1.0 / (1 << 53)


@compiled(f8(STATE, i8), inline=True)
def uniform(s, k):
    """Return a number above 0 and below 1."""
    state = s.random
    a, b, c, d = state[k, 0], state[k, 1], state[k, 2], state[k, 3]
    total = a + d
    out = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << np.uint64(45)) | (d >> np.uint64(19))
    state[k, 0], state[k, 1], state[k, 2], state[k, 3] = a, b, c, d
    return (np.float64(out >> np.uint64(11)) + 0.5) * _UNIT


@compiled(f8(STATE, i8), inline=True)
def exponential(s, k):
    """Return an exponential time with mean 1."""
    return -math.log(uniform(s, k))


@compiled(f8(STATE, i8))
def normal(s, k):
    """Return a standard normal number (Marsaglia's polar method, the second one dropped)."""
    while True:
        x = 2.0 * uniform(s, k) - 1.0
        y = 2.0 * uniform(s, k) - 1.0
        r = x * x + y * y
        if 0.0 < r < 1.0:
            return x * math.sqrt(-2.0 * math.log(r) / r)


@compiled(f8(STATE, f8, i8))
def gamma(s, shape, k):
    """Return a gamma number of the given shape and scale 1 (Marsaglia and Tsang 2000)."""
    boost = 1.0
    if shape < 1.0:
        boost = uniform(s, k) ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(s, k)
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            if math.log(uniform(s, k)) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
                return d * v * boost


@compiled(f8(STATE, i8, i8))
def draw(s, law, k):
    """Return a time by a law; 0 for no law."""
    if law < 0:
        return 0.0
    kind = s.laws[law].kind
    mean = s.laws[law].mean
    if kind == codes.EXPONENTIAL:
        return mean * exponential(s, k)
    if kind == codes.CONSTANT:
        return mean
    if kind == codes.LOGNORMAL:
        return math.exp(s.laws[law].a + s.laws[law].b * normal(s, k))
    if kind == codes.GAMMA:
        return s.laws[law].b * gamma(s, s.laws[law].a, k)
    if kind == codes.HYPEREXPONENTIAL:
        share = s.laws[law].a
        if uniform(s, k) < share:
            return exponential(s, k) * mean / (2.0 * share)
        return exponential(s, k) * mean / (2.0 * (1.0 - share))
    return s.table[s.laws[law].table + np.int64(uniform(s, k) * s.laws[law].size)]
