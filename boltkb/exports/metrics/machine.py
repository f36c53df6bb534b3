"""Rows of numbers as machine code: one pass over the bytes, without Python's lock.

Takes the rows that `digits` takes, and those whose decimals vary; gives the same floats.  It is
written in LLVM's own language, so that it is made in some hundredths of a second and nothing of
it is kept; a directory of less than some MB is read sooner without.  Where it cannot be made,
`digits` reads alone.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Sequence

import numpy as np

from boltkb.exports.metrics.digits import usual_rows
from boltkb.exports.records import Floats

__all__ = ["Reader", "rows_reader"]

Reader = Callable[[bytes | memoryview, int, Sequence[int]], list[Floats] | None]

#: Bytes from which it pays to make it.
_WORTH = 32_000_000
_FEED = ord("\n")
_LOCK = threading.Lock()
#: The engine owns the code: it lives as long as the process.
_MADE: list[tuple[object, Reader | None]] = []

#: rows(text, size, width, wanted, out, room, powers): the number of rows, -1 for an unusual one.
#: `wanted` has a byte for each field; `out` has `room` floats for each wanted one.
_CODE = """
define i64 @rows(ptr %text, i64 %size, i64 %width, ptr %wanted, ptr %out, i64 %room, ptr %powers) {
entry:
  %stop = sub i64 %size, 12
  %final = sub i64 %width, 1
  br label %row

; A time has ten digits. Its first eight, a word, mostly are those of the row before; before the
; first row stand eight zeros.
row:
  %p = phi i64 [ 0, %entry ], [ %next, %ended ]
  %r = phi i64 [ 0, %entry ], [ %rows, %ended ]
  %before = phi i64 [ 3472328296227680304, %entry ], [ %word, %ended ]
  %known = phi i64 [ 0, %entry ], [ %high, %ended ]
  %over = icmp sge i64 %p, %size
  br i1 %over, label %done, label %long
long:
  %short = icmp sgt i64 %p, %stop
  br i1 %short, label %unusual, label %time
time:
  %at = getelementptr i8, ptr %text, i64 %p
  %word = load i64, ptr %at, align 1
  %again = icmp eq i64 %word, %before
  br i1 %again, label %rest, label %digits
digits:
  %plain = xor i64 %word, 3472328296227680304
  %sum = add i64 %plain, 8536140394893047414
  %both = or i64 %sum, %plain
  %bits = and i64 %both, -9187201950435737472
  %number = icmp eq i64 %bits, 0
  br i1 %number, label %joined, label %unusual
joined:
  %a1 = mul i64 %plain, 2561
  %a2 = lshr i64 %a1, 8
  %a3 = and i64 %a2, 71777214294589695
  %b1 = mul i64 %a3, 6553601
  %b2 = lshr i64 %b1, 16
  %b3 = and i64 %b2, 281470681808895
  %c1 = mul i64 %b3, 42949672960001
  %c2 = lshr i64 %c1, 32
  br label %rest
rest:
  %high = phi i64 [ %known, %time ], [ %c2, %joined ]
  %p8 = getelementptr i8, ptr %at, i64 8
  %p9 = getelementptr i8, ptr %at, i64 9
  %p10 = getelementptr i8, ptr %at, i64 10
  %t8 = load i8, ptr %p8
  %t9 = load i8, ptr %p9
  %t10 = load i8, ptr %p10
  %d8 = sub i8 %t8, 48
  %d9 = sub i8 %t9, 48
  %ok8 = icmp ult i8 %d8, 10
  %ok9 = icmp ult i8 %d9, 10
  %ok10 = icmp eq i8 %t10, 44
  %ok89 = and i1 %ok8, %ok9
  %okay = and i1 %ok89, %ok10
  br i1 %okay, label %timed, label %unusual
timed:
  %n8 = zext i8 %d8 to i64
  %n9 = zext i8 %d9 to i64
  %hundreds = mul i64 %high, 100
  %tens = mul i64 %n8, 10
  %upper = add i64 %hundreds, %tens
  %seconds = add i64 %upper, %n9
  %moment = uitofp i64 %seconds to double
  %tout = getelementptr double, ptr %out, i64 %r
  store double %moment, ptr %tout
  %first = add i64 %p, 11
  br label %field

field:
  %begin = phi i64 [ %first, %timed ], [ %after, %between ]
  %column = phi i64 [ 1, %timed ], [ %following, %between ]
  %place = phi i64 [ %room, %timed ], [ %placed, %between ]
  %asked = getelementptr i8, ptr %wanted, i64 %column
  %flag = load i8, ptr %asked
  %want = icmp ne i8 %flag, 0
  br i1 %want, label %whole, label %skip

; The block ends with a line feed, so that no loop runs past it.
whole:
  %q = phi i64 [ %begin, %field ], [ %q1, %more ]
  %m = phi i64 [ 0, %field ], [ %m2, %more ]
  %qat = getelementptr i8, ptr %text, i64 %q
  %c = load i8, ptr %qat
  %d = sub i8 %c, 48
  %isdigit = icmp ult i8 %d, 10
  br i1 %isdigit, label %more, label %pointed
more:
  %dn = zext i8 %d to i64
  %m1 = mul i64 %m, 10
  %m2 = add i64 %m1, %dn
  %q1 = add i64 %q, 1
  br label %whole
pointed:
  %count = sub i64 %q, %begin
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %point, label %unusual
point:
  %ispoint = icmp eq i8 %c, 46
  br i1 %ispoint, label %fraction, label %integer
integer:
  %few = icmp ult i64 %count, 16
  %v1 = uitofp i64 %m to double
  br i1 %few, label %store, label %unusual
fraction:
  %f = phi i64 [ %q, %point ], [ %f1, %moref ]
  %g = phi i64 [ %m, %point ], [ %g2, %moref ]
  %f1 = add i64 %f, 1
  %fat = getelementptr i8, ptr %text, i64 %f1
  %fc = load i8, ptr %fat
  %fd = sub i8 %fc, 48
  %isdigitf = icmp ult i8 %fd, 10
  br i1 %isdigitf, label %moref, label %divided
moref:
  %fdn = zext i8 %fd to i64
  %g1 = mul i64 %g, 10
  %g2 = add i64 %g1, %fdn
  br label %fraction
divided:
  %behind = sub i64 %f, %q
  %all = add i64 %behind, %count
  %fewf = icmp ult i64 %all, 16
  %somef = icmp ugt i64 %behind, 0
  %fine = and i1 %fewf, %somef
  br i1 %fine, label %divide, label %unusual
divide:
  %pat = getelementptr double, ptr %powers, i64 %behind
  %power = load double, ptr %pat
  %numerator = uitofp i64 %g to double
  %v2 = fdiv double %numerator, %power
  br label %store
store:
  %value = phi double [ %v1, %integer ], [ %v2, %divide ]
  %end1 = phi i64 [ %q, %integer ], [ %f1, %divide ]
  %mark1 = phi i8 [ %c, %integer ], [ %fc, %divide ]
  %slot = add i64 %place, %r
  %vout = getelementptr double, ptr %out, i64 %slot
  store double %value, ptr %vout
  %place1 = add i64 %place, %room
  br label %close

skip:
  %s = phi i64 [ %begin, %field ], [ %s1, %skipped ]
  %sat = getelementptr i8, ptr %text, i64 %s
  %sc = load i8, ptr %sat
  %scomma = icmp eq i8 %sc, 44
  %sfeed = icmp eq i8 %sc, 10
  %send = or i1 %scomma, %sfeed
  br i1 %send, label %close, label %skipped
skipped:
  %s1 = add i64 %s, 1
  br label %skip

close:
  %end = phi i64 [ %end1, %store ], [ %s, %skip ]
  %mark = phi i8 [ %mark1, %store ], [ %sc, %skip ]
  %placed = phi i64 [ %place1, %store ], [ %place, %skip ]
  %last = icmp eq i64 %column, %final
  %right = select i1 %last, i8 10, i8 44
  %closed = icmp eq i8 %mark, %right
  br i1 %closed, label %step, label %unusual
step:
  %after = add i64 %end, 1
  br i1 %last, label %ended, label %between
between:
  %following = add i64 %column, 1
  br label %field
ended:
  %next = add i64 %end, 1
  %rows = add i64 %r, 1
  br label %row

done:
  ret i64 %r
unusual:
  ret i64 -1
}
"""


def rows_reader(size: int) -> Reader:
    r"""Return what reads blocks of usual rows: machine code for much of them, else `usual_rows`.

    Parameters
    ----------
    size : int, bytes
        How much there is to read.

    Returns
    -------
    callable
        Takes and gives what `usual_rows` does.

    Examples
    --------
    >>> read = rows_reader(10**9)
    >>> [column.tolist() for column in read(b"1719501420,3.5\n1719501450,12\n", 2, [0, 1])]
    [[1719501420.0, 1719501450.0], [3.5, 12.0]]
    """
    if size < _WORTH or sys.byteorder != "little":
        return usual_rows
    with _LOCK:
        if not _MADE:
            _MADE.append(_made())
    return _MADE[0][1] or usual_rows


def _made() -> tuple[object, Reader | None]:
    try:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(opt=2, jit=True)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_CODE), machine)
        engine.finalize_object()
        address = engine.get_function_address("rows")
    except (ImportError, OSError, RuntimeError):
        # No such library, one that is too old for this text, or a system that runs no new code.
        return None, None
    number, place = ctypes.c_int64, ctypes.c_void_p
    kind = ctypes.CFUNCTYPE(number, place, number, number, place, place, number, place)
    native = kind(address)
    powers = 10.0 ** np.arange(16)
    desk = threading.local()

    def read(block: bytes | memoryview, width: int, places: Sequence[int]) -> list[Floats] | None:
        if not block or block[-1] != _FEED:
            return None
        if list(places) != sorted(set(places)):
            return usual_rows(block, width, places)
        wanted = np.zeros(width, dtype=np.uint8)
        wanted[list(places)] = 1
        text = np.frombuffer(block, dtype=np.uint8)
        # The shortest row: ten digits, a mark after each field.  Each thread has its own desk,
        # so that memory is not broken up by what comes and goes with each block.
        room = len(text) // (10 + width)
        out: Floats | None = getattr(desk, "out", None)
        if out is None or len(out) < room * len(places):
            out = desk.out = np.empty(room * len(places), dtype=np.float64)
        given = (wanted.ctypes.data, out.ctypes.data, room, powers.ctypes.data)
        rows = native(text.ctypes.data, len(text), width, *given)
        if rows < 1:
            return None
        return [out[place * room :][:rows].copy() for place in range(len(places))]

    return engine, read
