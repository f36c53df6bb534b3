"""`python -m evidence` runs what it is told, and says what it does not know."""

from __future__ import annotations

import pytest

from evidence import diagnosis, sizing
from evidence.__main__ import EXPERIMENTS, main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["nothing"],
            "known: cases, captures, examples, calibration, twin, diagnosis, sizing",
        ),
        (["--seeds", "2"], "options need one experiment before them"),
        (["twin", "sizing", "--rounds", "2"], "options need one experiment before them"),
        (["twin", "--seeds", "2"], "it takes no options; got --seeds 2"),
    ],
)
def test_a_command_that_cannot_be_is_refused(words, said):
    with pytest.raises(SystemExit) as error:
        main(words)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "words",
    [
        ["diagnosis", "--region", "elsewhere"],
        ["diagnosis", "--scenarios", "nothing"],
        ["diagnosis", "--seeds", "5000"],
        ["sizing", "--rounds", "many"],
    ],
)
def test_a_wrong_option_is_told(words, capsys):
    with pytest.raises(SystemExit) as error:
        main(words)
    assert error.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_the_command_of_the_page_makes_it_again(tmp_path, monkeypatch, capsys):
    page, results = tmp_path / "page.md", tmp_path / "results.json"
    page.write_text("a\n<!-- matrix -->\n<!-- /matrix -->\nb\n")
    monkeypatch.setattr(diagnosis, "PAGE", page)
    monkeypatch.setattr(diagnosis, "RESULTS", results)
    words = ["diagnosis", "--region", "development", "--seeds", "1", "--scenarios"]
    words += ["load_balancer_cut", "--keep", str(tmp_path / "keep"), "--workers", "1"]
    assert main(words) == 0
    assert not results.exists()
    assert main([*words, "--write"]) == 0
    kept = diagnosis.stored()
    assert kept.command in page.read_text()
    assert kept.command == f"python -m evidence {' '.join(words[:7])}"
    assert "everything: supported right " in capsys.readouterr().out
    assert (tmp_path / "keep" / "diagnosis-development.md").is_file()


def test_some_loads_leave_the_page_as_it_is(capsys):
    before = sizing.PAGE.read_text("utf-8")
    assert main(["sizing", "--only", "2", "--workers", "1"]) == 0
    assert sizing.PAGE.read_text("utf-8") == before
    assert "**Simulated data.** 1 loads on pools of 8 to 8 threads" in capsys.readouterr().out


def test_every_experiment_is_known():
    assert set(EXPERIMENTS) == {
        "cases", "captures", "examples", "calibration", "twin", "diagnosis", "sizing", "effects",
    }  # fmt: skip
