from __future__ import annotations

import ast

import papermill
import pytest

from boltkb.errors import ParameterError
from boltkb.publish.parameters import MODELS, check_names, check_namespace, check_parameters
from boltkb.publish.run import find_notebook


def test_what_is_left_out_gets_its_default() -> None:
    assert check_parameters("thread_pool", {"export": "x"}) == {
        "export": "x",
        "server": "",
        "start": "",
        "end": "",
        "title": "",
        "target_rejection": 0.001,
        "redact": "",
    }


def test_text_from_a_command_line_becomes_a_number() -> None:
    given = {"export": "x", "target_rejection": "0.02"}
    assert check_parameters("thread_pool", given)["target_rejection"] == 0.02


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "`export` is missing"),
        ({"export": ""}, "`export`"),
        ({"export": "x", "taget_rejection": 0.1}, "did you mean `target_rejection`"),
        ({"export": "x", "zzz": 1}, "did you mean `"),
        ({"export": "x", "target_rejection": 0}, "greater than 0"),
        ({"export": "x", "target_rejection": 1}, "less than 1"),
        ({"export": "x", "target_rejection": "nan"}, "finite"),
        ({"export": "x", "target_rejection": "often"}, "got 'often'"),
        ({"export": "x", "start": "yesterday"}, "ISO 8601"),
        ({"export": "x", "start": "2026-11-01T10:00:00"}, "with its zone"),
        ({"export": "x", "end": "2026-13-01T10:00:00Z"}, "ISO 8601"),
        (
            {"export": "x", "start": "2026-11-01T10:00:00Z", "end": "2026-11-01T10:30:00+01:00"},
            "must lie before",
        ),
    ],
)
def test_a_wrong_parameter_is_named(given: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters("thread_pool", given)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters("thread_pool", {"strat": "", "target_rejection": 2})
    assert len(caught.value.problems) == 3


def test_an_unknown_notebook_comes_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean `thread_pool`"):
        check_parameters("threadpool", {"export": "x"})


def test_names_of_a_notebook_of_ones_own() -> None:
    check_names(["export", "depth"], ["depth"])
    with pytest.raises(ParameterError, match="did you mean `depth`"):
        check_names(["export", "depth"], ["dept"])


def test_a_bare_papermill_run_is_checked_in_the_notebook() -> None:
    shell = {"In": [""], "Out": {}, "_dh": ["x"], "__name__": "__main__", "pytest": pytest}
    assert check_namespace("thread_pool", {**shell, "export": "x"})["export"] == "x"
    with pytest.raises(ParameterError, match="did you mean `export`"):
        check_namespace("thread_pool", {**shell, "export": "x", "exprot": "y"})


@pytest.mark.parametrize("notebook", MODELS)
def test_the_notebook_and_its_model_know_the_same_parameters(notebook: str) -> None:
    fields = MODELS[notebook].model_fields
    told = papermill.inspect_notebook(find_notebook(notebook))
    assert set(told) == set(fields)
    for name, parameter in told.items():
        assert parameter["inferred_type_name"] == fields[name].annotation.__name__, name
        assert parameter["help"], name
        if not fields[name].is_required():
            assert ast.literal_eval(parameter["default"]) == fields[name].default, name
