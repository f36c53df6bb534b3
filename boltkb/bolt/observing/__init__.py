"""Held threads from whichever evidence there is, each source read by itself.

`evidence` is the noun; `traced`, `sources` and `failed` read one source each, and `reading` all of
them, the strongest first.  `comparing` says which of them the counts are taken from and where
others contradict it.  `cuts` has the times that are left out, `clocks` whether logs and metrics
share a clock, `flow` the arrivals and holds where they are identified.  What comes of it all is in
`observations`.
"""
