"""What the texts say of the experiments: the choices, the controls, the results, and the tables made of them."""

import json

import pytest
import torch

EXPERIMENTS = ("distillation", "few_shot", "alignment", "captioning", "cycle_consistency", "koopman")


@pytest.fixture
def leave_torch_as_it_was():
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def spoil_digits(monkeypatch):
    import distillation

    whole = distillation.digits
    monkeypatch.setattr(distillation, "digits", lambda: (data := whole()) | {"test_x": 1 - data["test_x"]})


def spoil_glyphs(monkeypatch):
    import few_shot

    class Spoiled(few_shot.Glyphs):
        def __init__(self):
            super().__init__()
            self.images[self.of["test"]] = 1 - self.images[self.of["test"]]

    monkeypatch.setattr(few_shot, "Glyphs", Spoiled)


def spoil_emoji(monkeypatch):
    import alignment
    import captioning
    import emoji

    class Spoiled(emoji.Emoji):
        def __init__(self):
            super().__init__()
            self.images[:, emoji.HELD_OUT] = self.images[:, emoji.HELD_OUT].flip(0)

    for module in (alignment, captioning):
        monkeypatch.setattr(module, "Emoji", Spoiled)


def spoil_codes(monkeypatch):
    import cycle_consistency

    class Spoiled(cycle_consistency.Codes):
        def __init__(self):
            super().__init__()
            self.noto[self.test] = -self.noto[self.test]

    monkeypatch.setattr(cycle_consistency, "Codes", Spoiled)


def spoil_series(monkeypatch):
    import koopman

    for name in ("solvable", "sunspots"):
        whole = getattr(koopman, name)

        def spoiled(horizon, whole=whole):
            series = whole(horizon)
            series.test = -series.test
            return series

        monkeypatch.setattr(koopman, name, spoiled)


SPOIL = dict(zip(EXPERIMENTS, (spoil_digits, spoil_glyphs, spoil_emoji, spoil_emoji, spoil_codes, spoil_series),
                 strict=True))  # fmt: skip


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("leave_torch_as_it_was")
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_choices_do_not_depend_on_the_test_data(name, monkeypatch):
    """Other test data change the figures, and no trial; the diagrams are those of the choices."""
    run = __import__(name).run
    honest = run(True)
    SPOIL[name](monkeypatch)
    spoiled = run(True)
    assert spoiled.tried == honest.tried and spoiled.diagrams == honest.diagrams
    if name != "captioning":  # after one epoch no caption is right, whatever is shown
        assert spoiled.rows != honest.rows


@pytest.mark.parametrize(
    "name, choice, methods",
    [
        ("distillation", "steps of {}", ("plain", "distillation", "feature distillation", "mutual learning")),
        ("few_shot", "steps of {}", ("both tasks", "few-shot")),
        ("alignment", "temperature, {}", ("alignment", "without “same emoji”")),
        ("alignment", "epochs, {}", ("alignment", "without “same emoji”")),
        ("captioning", "epochs, {}", ("beam of 4", "beam of 4, without “same emoji”")),
        ("cycle_consistency", "steps, {}", ("cycles", "no cycle", "paired")),
        ("koopman", "steps of {}, solvable", ("Koopman autoencoder", "without squares")),
        ("koopman", "steps of {}, sunspots", ("Koopman autoencoder", "without squares")),
    ],
)
def test_a_control_is_tuned_on_the_grid_of_what_it_controls(name, choice, methods):
    from tables import results

    tried = results()[name]["tried"]
    grids = [[trial["option"] for trial in tried[choice.format(method)]] for method in methods]
    assert all(grid == grids[0] and len(grid) > 1 for grid in grids)


def test_each_choice_is_the_best_of_its_trials():
    from tables import results

    for result in results().values():
        for what, option in result["chosen"].items():
            trials = result["tried"][what]
            assert option == max(trials, key=lambda trial: trial["validation"])["option"]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_results_hold_all_that_the_tables_need(name):
    from tables import results

    result = results()[name]
    assert result["seeds"] == [0, 1, 2] and result["threads"] == 1 and result["versions"]["scipy"]
    assert {(row["method"], row["seed"]) for row in result["items"]} == {
        (row["method"], row["seed"]) for row in result["rows"]
    }
    assert result["learning_diagrams"] and all(len(digest) == 64 for digest in result["learning_diagrams"].values())
    assert result["tried"] and result["chosen"].keys() == result["tried"].keys()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_figures_are_those_of_the_items(name):
    """So what an interval is computed from is what the table shows."""
    from claims import figures
    from tables import results

    result = results()[name]
    for method in {row["method"] for row in result["rows"]}:
        rows = [row for row in result["rows"] if row["method"] == method]
        for metric in rows[0].keys() - {"method", "seed"}:
            values = [figure.value for figure in figures(result, method, metric)]
            assert values == pytest.approx([row[metric] for row in rows], rel=1e-9)


def test_a_table_is_means_and_deviations_over_seeds():
    import tables

    rows = [{"method": "cycles", "seed": seed, "error": error} for seed, error in enumerate((1, 2, 3))]
    result = {"experiment": "cycle_consistency", "rows": rows, "curves": {}}
    assert "| cycles | 2.000 ± 1.000 |" in tables.table(result)


def test_the_tables_are_those_of_the_results():
    import tables

    assert set(tables.results()) == set(EXPERIMENTS)
    for path, text in tables.texts().items():
        between = f"<!-- results -->\n{text}\n<!-- end of results -->"
        page = path.read_text(encoding="utf-8")
        assert between in page, f"{path.name} is old: run examples/reproduce/tables.py"
        # What is not shown to differ may differ.
        for claim in ("no different", "not different", "does not differ"):
            assert claim not in page.lower()


def test_the_tables_name_what_was_trained_on():
    from experiment import digits, stratified
    from tables import SAW, results

    labels = digits()["y"]
    students = sum(int((labels == digit).sum().clamp(max=20)) for digit in range(10))
    stay, out = stratified(labels, 50, seed=10)
    assert (len(labels), students, len(stay), len(out)) == (4000, 200, 3500, 500)
    saw = SAW["distillation"]
    assert set(saw) == {row["method"] for row in results()["distillation"]["rows"]}
    assert saw["teacher"] == "4,000 images with labels" and saw["plain"] == "200 images with labels"
    for method in ("distillation", "feature distillation"):
        assert saw[method].startswith(saw["plain"]) and "the teacher, of 4,000 labels" in saw[method]


def test_what_the_pages_say_of_trials():
    from tables import results

    tried = results()["few_shot"]["tried"]["weight of the second task"]
    scores = {trial["option"]: trial["validation"] for trial in tried}
    assert scores[1.0] < scores[0.1]


def test_the_losses_of_the_twins_differ_by_rounding():
    from experiment import RESULTS

    twins = json.loads((RESULTS / "twins.json").read_text(encoding="utf-8"))
    differences = twins["largest relative difference"]
    assert twins["steps"] == 50 and set(differences) == {"distillation", "few-shot", "alignment", "captioning"}
    assert max(differences.values()) < 1e-14


def test_the_solvable_system_is_linear_in_three_numbers_and_not_in_two():
    """In (x, y, x²) the best linear step is exact; in (x, y) it is not."""
    from koopman import solvable

    windows = solvable(1).train.double()
    now, then = windows[:, 0], windows[:, 1]

    def gap(code, moved):
        return float((code @ torch.linalg.lstsq(code, moved).solution - moved).abs().max())

    lifted = [torch.cat([state, state[:, :1] ** 2], 1) for state in (now, then)]
    assert gap(*lifted) < 1e-5 and gap(now, then) > 0.1
