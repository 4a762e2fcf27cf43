"""A command line imports what its command needs: many commands would have it wait for libraries of others."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from engine.cli.main import COMMANDS, _needed, build_parser


@pytest.mark.parametrize("words, modules", [
    (["list", "runs"], ("listing",)), (["compare-models", "x"], ("compare_models",)), (["add-dataset"], ("own_data",)),
    (["listing"], COMMANDS), (["own_data"], COMMANDS), (["compare_models"], COMMANDS), (["--help"], COMMANDS),
    ([], COMMANDS)])
def test_only_the_module_of_the_command_is_imported(words, modules):
    assert _needed(words) == modules


def test_each_command_has_its_parser_alone_as_among_all():
    everything = build_parser()._subparsers._group_actions[0].choices
    for name, parser in everything.items():
        (alone,) = [build_parser([name])._subparsers._group_actions[0].choices.get(name)]
        assert alone is not None and alone.format_help() == parser.format_help()


def test_a_list_of_runs_imports_no_large_library(tmp_path):
    said = ("import json, sys; from engine.cli.main import main; main(['list', 'runs', '--json']);"
            "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules} & "
            "{'torch', 'pandas', 'sklearn', 'streamlit', 'ray'}) + ['scipy.stats'] * ('scipy.stats' in sys.modules)))")
    run = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True,
                         env={"UNLEARN_HOME": str(tmp_path), "PATH": "/usr/bin"})
    assert [json.loads(line) for line in run.stdout.splitlines()] == [[], []]
