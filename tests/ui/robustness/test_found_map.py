"""What the map of methods by share found draws, and its address."""

from __future__ import annotations

from engine.errors import BadSpec
from engine.studies.comparison import REFERENCE
from engine.studies.correction import CLEAN, MEASURES, SHARES, Correction, Row, correctable, manipulations
from ui.robustness import found_link
from ui.robustness.found_link import Asked
from ui.robustness.found_map import LEAST, FoundMap, by_seed, counted, named, progress, shown

STUDY = Correction("digits", ("finetune", REFERENCE), {}, (0.5, 1.0), (0, 1))


def row(method: str, found: float | None, corrected: dict[int, float], **verdicts: tuple[int, ...]) -> Row:
    return Row(method, found, {name: corrected if name == "corrected_accuracy" else {} for name in MEASURES}, verdicts)


ROWS = (row("original", None, {0: 60.0, 1: 62.0}), row(CLEAN, None, {0: 96.0, 1: 98.0}, reference=(0, 1)),
        row("finetune", 0.5, {0: 96.8, 1: 97.0}, not_forgotten=(0, 1)),
        row("finetune", 1.0, {0: 90.0, 1: 94.0}, forgotten=(0, 1)), row(REFERENCE, 0.5, {0: 20.0}, damaged=(0,)))
MAP = FoundMap(STUDY, ROWS, "corrected_accuracy")


def test_a_square_is_as_far_out_as_it_is_from_the_clean_trained_model():
    assert MAP.values() == [[96.9, 92.0], [20.0, 97.0]], "retraining with all found is the clean-trained model"
    assert MAP.excess() == [[LEAST, 0.0], [77.0, 0.0]], "what is not corrected is never as green as what is"
    assert MAP.columns == ["50%", "100%"] and MAP.lines == ["Fine-tuning", "Retraining"]


def test_marks_are_damaged_squares_and_those_that_lack_seeds():
    marks = MAP.marks((0, 1))
    assert (marks.doubtful, marks.waiting, marks.chosen) == ([(0, 1)], [(0, 1)], (0, 1))


def test_what_squares_say():
    said = MAP.said()
    assert said[0][1].startswith("Fine-tuning, 100% found<br><b>Corrected accuracy (%): 92.0 ± 2.8</b><br>corrected 2")
    assert "the clean-trained model" in said[1][1]
    assert MAP.subtitle().startswith("Original 61.0%; clean-trained 97.0%<br>")
    bare = FoundMap(STUDY, (), "corrected_accuracy")
    assert bare.said()[0][0].endswith("not run yet") and bare.excess() == [[None, None], [None, None]]
    assert bare.marks(None).waiting == [(0, 0), (1, 0), (0, 1), (1, 1)]


def test_seeds_measures_and_progress_in_words():
    assert by_seed(ROWS[4], ["corrected_accuracy"]) == [
        {"seed": "0", "Corrected accuracy (%)": "20.0", "verdict": "damaged"}]
    assert shown(ROWS, found_link.DECISIVE) == ["corrected_accuracy"] == shown([], found_link.DECISIVE)
    assert counted(ROWS, STUDY) == (7, 8)
    assert progress(7, 8, False) == "**8 runs**: 7 done, **1 to compute**"
    assert progress(8, 8, True) == "**8 runs, all done** (recorded)"
    assert named({"label_noise": 0.0, "corruption": "trigger"}) == "corruption trigger"
    assert named({}) == "as the data are"


def test_every_study_comes_back_from_its_address():
    every = [Asked(Correction(data, found_link.recorded_methods(data), options, SHARES, (0, 1, 2)), measure)
             for data in correctable() for options in manipulations(data) for measure in found_link.DECISIVE]
    every += [Asked(STUDY), found_link.usual()]
    assert [found_link.from_query(found_link.to_query(one)) for one in every] == [(one, []) for one in every]
    assert found_link.from_query({"map": "found"}) == (found_link.usual(), [])


def test_nonsense_is_a_sentence_and_the_usual_study():
    for asked, said in (({"measure": "tow"}, "There is no measure 'tow'. Valid: corrected_accuracy"),
                        ({"seeds": "x"}, "'x' is not a seed"), ({"with": "trigger"}, "is not of the form NAME=VALUE"),
                        ({"data": "go_emotions"}, "go_emotions has none"), ({"found": "0.5 0.5"}, "given twice"),
                        ({"methods": "ssdd"}, "No method named 'ssdd'. Did you mean 'ssd'?")):
        record, problems = found_link.from_query({"map": "found", **asked})
        assert record == found_link.usual() and said in str(problems[0]), asked


def test_a_study_without_methods_is_refused():
    try:
        found_link.checked(Correction("digits", ()))
    except BadSpec as error:
        assert "No method is chosen" in str(error.problems[0])
    else:
        raise AssertionError("nothing to run")
