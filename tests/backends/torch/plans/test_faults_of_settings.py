"""A fault of an option that a setting gives is told at the setting, with the place that the setting names."""

import pytest

import learning_diagrams as ld
import small_plan
from learning_diagrams.backends.torch.plans import Experiment, prepare
from learning_diagrams.files.setting import Setting

SET = {
    "data.rows.source.delimiter=;": "'npz' has no option 'delimiter'; known: 'path'",
    "data.rows.source.path=3": "option 'path' of 'npz' must be a string, got 3; put it in quotes",
    "data.rows.source=npzz": "a source of data named 'npzz' is not registered; did you mean 'npz'?",
    "data.rows.rows.part=c": "the split has no part 'c'; known: 'a', 'b'",
    "data.rows.rows.split=c": "there is no split 'c'; known: 's'",
    "test.rows.source.delimiter=;": "'npz' has no option 'delimiter'; known: 'path'",
    "modules.f.width=3": "'mlp' has no option 'width'; did you mean 'widths'?",
    "metrics.accuracy.top=1": "'accuracy' has no option 'top'; known: none",
    "trackers.0.folder=1": "'csv' has no option 'folder'",
    "stages.0.optimizer.rate=1": "optimizer 'adam' has no option 'rate'",
    "stages.0.scheduler.T=1": "'cosine' has no option 'T'",
    "stages.0.groups.f.rate=1": "optimizer 'sgd' has no option 'rate'",
    "stages.0.groups.f.optimizer.rate=1": "optimizer 'sgd' has no option 'rate'",
    "stages.0.groups.f.scheduler.T=1": "'cosine' has no option 'T'",
}


@pytest.mark.parametrize("text", SET)
def test_a_fault_of_an_option_that_a_setting_gives_is_told_at_the_setting_and_once(tmp_path, text):
    cosine = {"name": "cosine", "T_max": 10}

    def change(plan):
        plan["stages"][0] |= {"optimizer": {"name": "adam"}, "scheduler": cosine}
        plan["stages"][0]["groups"] = {"f": {"optimizer": {"name": "sgd"}, "scheduler": {**cosine}}}
        plan["data"]["rows"]["rows"] = {"split": "s", "part": "a"}
        plan["splits"] = {"s": {"parts": {"a": 0.5, "b": 0.5}}}
        plan["validation"] = {"data": {"rows": {}}}
        plan["test"] = {"rows": {"source": dict(plan["data"]["rows"]["source"]), "columns": {"x": "x", "y": "y"}}}
        plan["trackers"] = [{"name": "csv"}]

    path = small_plan.written(tmp_path, change)
    prepare(Experiment.load(path))
    with pytest.raises(ld.LearningDiagramError) as caught:
        prepare(Experiment.load(path, [Setting.read(text)]))
    lines = [line for line in str(caught.value).splitlines() if SET[text] in line]
    assert lines == str(caught.value).splitlines() and len(lines) == 1
    assert lines[0].startswith(f"the setting {text}: ") or f", with the setting {text}: " in lines[0]
