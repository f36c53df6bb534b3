"""The compiled heart of the twin: records of numbers, an agenda, and what each event does.

`layout` says what is kept, `codes` what the numbers mean.  From the ground up: `chance`
(random streams and laws), `agenda` (the heap of events), `machine` (cores and pauses),
`records` (what is written down), `threads` (the worker pool), `transactions` and `holds` (one
hold of a thread), `lists`, `driving` and `answering` (the drivers), `arriving` (the load),
`loop`.  Each file calls only those
before it, because compiled code must exist before it is called.  Seconds and counts only; it
knows nothing of versions, of files or of names.
"""
