"""Whoever opens an export is told of each file once, in order, to the end."""

from __future__ import annotations

from export_shapes import files, write

from boltkb.exports import open_export


def test_every_file_that_is_read_is_told_once_and_the_end_is_the_total(tmp_path):
    said: list[tuple[int, int, str]] = []
    kept = {name: text for name, text in files().items() if not name.startswith("truth")}
    folder = write(tmp_path / "x", kept)
    export = open_export(folder, progress=lambda *words: said.append(words))
    *began, last = said
    names = [what for _, _, what in began]
    assert sorted(names) == sorted({source.path for source in export.sources})
    totals = {total for _, total, _ in said}
    assert len(totals) == 1
    assert [done for done, _, _ in said] == sorted(done for done, _, _ in said)
    assert last == (*totals, *totals, "done")


def test_a_reader_that_is_told_of_reads_the_same(tmp_path):
    folder = write(tmp_path / "x", files())
    quiet = open_export(folder)
    watched = open_export(folder, progress=lambda *_: None)
    assert watched.facts() == quiet.facts()
