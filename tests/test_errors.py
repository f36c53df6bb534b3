"""Errors carry what was sought, what was found and what to do, and end the command rightly."""

from __future__ import annotations

import inspect

import pytest

from boltkb import errors


def test_every_error_has_one_base():
    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, errors.BoltkbError | Warning)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ExportError("empty", "x"), 2),
        (errors.MissingMetric("running", "5.26", "a setting"), 2),
        (errors.ParameterError(["a", "b"]), 2),
        (errors.ModelError("load", "0 or more", -1), 1),
        (errors.RunError("failed"), 1),
    ],
)
def test_whose_input_was_wrong_decides_the_exit_code(error, code):
    assert error.exit_code == code


def test_a_place_is_named_with_its_line():
    assert str(errors.ExportError("a cut line", "logs/debug.log", 12)) == (
        "`logs/debug.log`, line 12: a cut line"
    )


def test_everything_wrong_is_said_at_once():
    assert str(errors.ParameterError(["one", "two"])) == "one; two"


def test_a_missing_metric_says_how_to_have_it():
    words = str(errors.MissingMetric("bolt.connections_running", "5.26", "server.metrics.enabled"))
    assert "5.26" in words
    assert "server.metrics.enabled" in words


def test_every_class_explains_itself():
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        assert kind.__doc__
