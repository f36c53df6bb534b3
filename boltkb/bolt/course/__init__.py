"""The course of things: when arrivals, holds and held threads changed, and what stood still.

Part of the bridge.  Root causes begin before the symptom; they are found by change points, over
the whole export and not only the window.  `counting` puts counters into bins, `lost` tells when
work was rejected, `standstill` finds pauses, `rushes` bursts, and `contending` whether holds grow
with the number of held threads.
"""

from boltkb.bolt.course.reading import read_course
from boltkb.bolt.course.records import Burst, Contention, Course, Pause, Shift

__all__ = ["Burst", "Contention", "Course", "Pause", "Shift", "read_course"]
