"""Erlang's loss formula for many servers, at a cost that does not grow with them.

The uniform expansion of the incomplete gamma function, whose large exponent is carried in two
doubles, so that probabilities down to the smallest double keep all their digits.  Real numbers
of servers; loads up to a few square roots of the servers above the servers.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["FloatArray", "exponent", "uniform_excess"]

FloatArray = NDArray[np.float64]

#: Beyond this exponent the part of the expansion that it multiplies is below rounding.
NEGLIGIBLE = 40.0


def uniform_excess(servers: FloatArray, load: FloatArray) -> tuple[FloatArray, ...]:
    """Return x, e and f so that 1 / B = (1 + x) exp(e + f), for 24 servers or more.

    Parameters
    ----------
    servers : (n,) array, >= 24
        Real numbers.
    load : (n,) array, erlangs, > 0
        At most four square roots of the servers above the servers.

    Returns
    -------
    tuple of three (n,) arrays
        e is 0 where the load exceeds the servers; f is the rounding error of e.

    Notes
    -----
    1 / B = 1 + exp(d) (sqrt(pi c / 2) erfcx(h sqrt(c / 2)) + sum of C_k(h) c^-k) with d the
    error of Stirling's formula, h^2 / 2 = t - ln(1 + t), t = a / c - 1, h of the sign of t
    (Temme 1979; coefficients of DiDonato and Morris 1986).  For a negative argument
    erfcx(-z) = 2 exp(z^2) - erfcx(z).

    Examples
    --------
    >>> excess, power, rest = uniform_excess(np.array([100.0]), np.array([100.0]))
    >>> float(1 / (1 + excess[0])).__round__(6)
    0.0757
    """
    high, low = exponent(servers, load)
    light = load < servers
    root = np.sqrt(high)
    eta = np.sqrt(2.0 * np.minimum(high, NEGLIGIBLE) / servers)
    series = _series(np.where(light, -eta, eta), servers)
    stirling = np.exp(_stirling_error(servers))
    scale = np.sqrt(0.5 * np.pi * servers)
    tail = scale * special.erfcx(root)
    heavy_part = stirling * (tail + series)
    if not light.any():
        zero = np.zeros(servers.shape)
        return heavy_part, zero, zero
    weight = np.exp(-np.minimum(high, 700.0))
    light_part = weight * (1.0 + stirling * (series - tail)) + (2.0 * stirling * scale - 1.0)
    return (
        np.where(light, light_part, heavy_part),
        np.where(light, high, 0.0),
        np.where(light, low, 0.0),
    )


def exponent(servers: FloatArray, load: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a - c - c ln(a / c) as the sum of two doubles, to 18 digits.

    Parameters
    ----------
    servers : (n,) array, > 0
        c, real numbers.
    load : (n,) array, erlangs, > 0
        a.

    Returns
    -------
    tuple of two (n,) arrays
        The value, >= 0, and its rounding error.

    Notes
    -----
    The logarithm: a power of two, a table of ln(j / 64) and an atanh series, whose first term
    is divided in two doubles (after Tang 1990); sums and products without error by Dekker 1971.

    Examples
    --------
    >>> high, low = exponent(np.array([2.0]), np.array([1.0]))
    >>> round(float(high[0]), 12), bool(abs(low[0]) < 1e-16)
    (0.38629436112, True)
    """
    a, a_power = np.frexp(load)
    c, c_power = np.frexp(servers)
    ratio = a / c
    down, up = ratio > math.sqrt(2.0), ratio < math.sqrt(0.5)
    a = np.where(down, 0.5 * a, np.where(up, 2.0 * a, a))
    power = (a_power - c_power) + down.astype(np.int32) - up
    index = np.rint(64.0 * (a / c)).astype(np.intp)
    # The table's point times c, exactly: its numerator has seven bits.
    c_high, c_low = _split(c)
    point = index * 0.015625
    product, product_rest = _quick_sum(c_high * point, c_low * point)
    top, top_rest = a - product, -product_rest
    bottom, bottom_rest = _sum(a, product)
    bottom_rest = bottom_rest + product_rest
    s = top / bottom
    back, back_rest = _product(s, bottom)
    s_rest = ((top - back) - back_rest + top_rest - s * bottom_rest) / bottom
    q = s * s
    tail = s * q * (2 / 3 + q * (2 / 5 + q * (2 / 7 + q * (2 / 9 + q * (2 / 11)))))
    table_high, table_low, two_high, two_low = _logarithms()
    whole, whole_rest = _sum(power * two_high, table_high[index])
    whole_rest = whole_rest + (power * two_low + table_low[index])
    # d - 2 c s - c (ln of power and point) - c (rest of the logarithm)
    d, d_rest = _sum(load, -servers)
    first, first_rest = _product(2.0 * servers, s)
    second, second_rest = _product(servers, whole)
    high, error = _sum(d, -first)
    high, more = _sum(high, -second)
    rest = (error + more) + (
        d_rest - first_rest - second_rest - servers * (2.0 * s_rest * (1.0 + q) + whole_rest + tail)
    )
    high, low = _quick_sum(high, rest)
    return np.maximum(high, 0.0), low


@lru_cache(maxsize=1)
def _logarithms() -> tuple[FloatArray, FloatArray, float, float]:
    """Return ln(j / 64) in two doubles, index j, and ln 2, whose first part has 40 bits."""
    high, low = np.zeros(94), np.zeros(94)
    with localcontext() as context:
        context.prec = 45
        for j in range(44, 94):
            exact = (Decimal(j) / 64).ln()
            high[j] = float(exact)
            low[j] = float(exact - Decimal(float(high[j])))
        two = Decimal(2).ln()
        two_high = math.ldexp(round(math.ldexp(float(two), 40)), -40)
        two_low = float(two - Decimal(two_high))
    return high, low, two_high, two_low


def _series(eta: FloatArray, servers: FloatArray) -> FloatArray:
    """Return the sum of C_k(eta) / c^k with no more terms than the least c and eta need."""
    if not eta.size:
        return eta
    reach, fewest = float(np.abs(eta).max()), float(servers.min())
    rows = []
    for k, row in enumerate(COEFFICIENTS):
        weights = np.abs(row) * reach ** np.arange(len(row)) * fewest**-k
        needed = np.flatnonzero(weights > 1e-18)
        if needed.size:
            rows.append((k, row[: needed[-1] + 1]))
    if float(servers.max()) == fewest:  # one number of servers: one polynomial
        merged = np.zeros(max(len(row) for _, row in rows))
        for k, row in rows:
            merged[: len(row)] += np.asarray(row) * fewest**-k
        return _horner(tuple(merged.tolist()), eta)
    inverse = 1.0 / servers
    total = np.zeros(eta.shape)
    last = rows[-1][0]
    for k in range(last, -1, -1):
        total *= inverse
        row = next((row for order, row in rows if order == k), ())
        if row:
            total += _horner(row, eta)
    return total


def _horner(row: tuple[float, ...], x: FloatArray) -> FloatArray:
    total = np.full(x.shape, row[-1])
    for coefficient in row[-2::-1]:
        total *= x
        total += coefficient
    return total


def _stirling_error(c: FloatArray) -> FloatArray:
    """Return ln c! minus Stirling's formula for it, for c of 16 or more."""
    square = 1.0 / (c * c)
    return np.asarray(
        (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))
        / c
    )


def _sum(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the sum and its rounding error."""
    total = x + y
    other = total - x
    return total, (x - (total - other)) + (y - other)


def _quick_sum(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """As `_sum`, where x is the larger."""
    total = x + y
    return total, y - (total - x)


def _split(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    scaled = 134217729.0 * x
    high = scaled - (scaled - x)
    return high, x - high


def _product(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    product = x * y
    x_high, x_low = _split(x)
    y_high, y_low = _split(y)
    return product, ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low


#: Rows k = 0, 1, ...: Taylor coefficients of C_k in eta, as far as 24 servers need them.
# fmt: off
COEFFICIENTS: tuple[tuple[float, ...], ...] = (
    (
        -0.3333333333333333, 0.08333333333333333, -0.014814814814814815, 0.0011574074074074073,
        0.0003527336860670194, -0.0001787551440329218, 3.919263178522438e-05,
        -2.185448510679992e-06, -1.85406221071516e-06, 8.296711340953087e-07,
        -1.7665952736826078e-07, 6.707853543401498e-09, 1.0261809784240309e-08,
        -4.382036018453353e-09, 9.14769958223679e-10, -2.5514193994946248e-11,
        -5.830772132550426e-11, 2.4361948020667415e-11, -5.0276692801141755e-12,
        1.1004392031956135e-13, 3.371763262400985e-13, -1.392388722418162e-13,
        2.8534893807047445e-14, -5.139111834242572e-16,
    ),
    (
        -0.001851851851851852, -0.003472222222222222, 0.0026455026455026454,
        -0.0009902263374485596, 0.00020576131687242798, -4.018775720164609e-07,
        -1.8098550334489977e-05, 7.64916091608111e-06, -1.6120900894563446e-06,
        4.647127802807434e-09, 1.378633446915721e-07, -5.752545603517705e-08,
        1.1951628599778148e-08, -1.7543241719747647e-11, -1.0091543710600413e-09,
        4.162792991842583e-10, -8.56390702649298e-11, 6.067215101604758e-14,
        7.1624989648114856e-12, -2.933186643771437e-12, 5.996696365683689e-13,
        -2.1671786527323313e-16, -4.978339972369262e-14, 2.0291628823713425e-14,
    ),
    (
        0.004133597883597883, -0.0026813271604938273, 0.0007716049382716049,
        2.0093878600823047e-06, -0.0001073665322636516, 5.2923448829120125e-05,
        -1.2760635188618728e-05, 3.423578734096138e-08, 1.3721957309062934e-06,
        -6.298992138380055e-07, 1.4280614206064242e-07, -2.0477098421990866e-10,
        -1.409252991086752e-08, 6.228974084922022e-09, -1.3670488396617114e-09,
        9.428356159014678e-13, 1.2872252400089318e-10, -5.5645956134363323e-11,
        1.197593554636698e-11, -4.1689782251838634e-15, -1.0940640427884595e-12,
        4.662239946390136e-13,
    ),
    (
        0.0006494341563786008, 0.00022947209362139917, -0.0004691894943952557,
        0.00026772063206283885, -7.561801671883977e-05, -2.396505113867297e-07,
        1.1082654115347302e-05, -5.6749528269915965e-06, 1.4230900732435883e-06,
        -2.7861080291528143e-11, -1.6958404091930278e-07, 8.099464905388083e-08,
        -1.9111168485973655e-08, 2.3928620439808118e-12, 2.0620131815488797e-09,
        -9.460496661855133e-10, 2.1541049775774907e-10, -1.388823336813903e-14,
        -2.1894761681963938e-11, 9.790998951171684e-12,
    ),
    (
        -0.0008618882909167117, 0.0007840392217200666, -0.0002990724803031902,
        -1.4638452578843418e-06, 6.641498215465122e-05, -3.968365047179435e-05,
        1.1375726970678419e-05, 2.507497226237533e-10, -1.6954149536558305e-06,
        8.907507532205309e-07, -2.292934834000805e-07, 2.956794137544049e-11,
        2.8865829742708783e-08, -1.4189739437803219e-08, 3.4463580499464896e-09,
        -2.3024517174528067e-13, -3.9409233028046403e-10, 1.86023389685045e-10,
        -4.356323005056618e-11,
    ),
    (
        -0.00033679855336635813, -6.972813758365857e-05, 0.0002772753244959392,
        -0.00019932570516188847, 6.797780477937208e-05, 1.419062920643967e-07,
        -1.3594048189768693e-05, 8.018470256334202e-06, -2.291481176508095e-06,
        -3.252473551298454e-10, 3.4652846491085265e-07, -1.8447187191171344e-07,
        4.8240967037894184e-08, -1.7989466721743514e-14, -6.306194500013523e-09,
        3.162417628774568e-09, -7.840924253697429e-10,
    ),
    (
        0.0005313079364639922, -0.0005921664373536939, 0.0002708782096718045,
        7.902353232660328e-07, -8.153969367561969e-05, 5.61168275310625e-05,
        -1.8329116582843375e-05, -3.0796134506033047e-09, 3.465155368803609e-06,
        -2.0291327396058603e-06, 5.788792863149004e-07, 2.338630673826657e-13,
        -8.828600746330484e-08, 4.7435958880408125e-08, -1.2545415020710383e-08,
    ),
    (
        0.00034436760689237765, 5.171790908260592e-05, -0.00033493161081142234,
        0.0002812695154763237, -0.00010976582244684731, -1.2741009095484485e-07,
        2.7744451511563645e-05, -1.8263488805711332e-05, 5.7876949497350525e-06,
        4.93875893393627e-10, -1.0595367014026043e-06, 6.166714376110408e-07,
        -1.7562973359060463e-07,
    ),
    (
        -0.0006526239185953094, 0.0008394987206720873, -0.000438297098541721,
        -6.969091458420552e-07, 0.00016644846642067547, -0.00012783517679769218,
        4.629953263691304e-05, 4.557909867922708e-09, -1.0595271125805195e-05,
        6.783342904865167e-06,
    ),
)
# fmt: on
