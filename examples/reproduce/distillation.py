"""Knowledge distillation on real digits: 200 labels, with a teacher, the teacher's features, or a fellow student.

Sources: Hinton, Vinyals & Dean, *Distilling the knowledge in a neural network* (2015); Romero et al., *FitNets* (2015);
Zhang et al., *Deep mutual learning* (2018).
"""

from __future__ import annotations

import torch
from experiment import Experiment, carry_out, digits, settle, stratified
from measures import Measure
from torch import Tensor, nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, Finite, TorchFunctor, compile, fit

image, hidden, feature, digit = (ld.Ty(name) for name in ("image", "hidden", "feature", "digit"))
labelled, images = ld.SampleSpace("labelled"), ld.SampleSpace("images")
some, answer, any_image = (
    labelled.column("pixels", image),
    labelled.column("label", digit),
    images.column("pixels", image),
)

see, judge = ld.Box("see", image, feature), ld.Kernel("judge", feature, digit)  # the teacher
encode, classify = ld.Box("encode", image, hidden), ld.Kernel("classify", hidden, digit)  # the student
regress = ld.Box("regress", hidden, feature)
other_encode, other_classify = ld.Box("other encode", image, hidden), ld.Kernel("other classify", hidden, digit)
teacher, student, fellow = see >> judge, encode >> classify, other_encode >> other_classify

SPACES = {image: Euclidean(1, 28, 28), hidden: Euclidean(32), feature: Euclidean(128), digit: Finite(10)}
METHODS = ("plain", "distillation", "feature distillation", "mutual learning")


def diagrams(temperature: float = 4.0, imitation: float = 0.1, mutual: float = 1.0) -> dict[str, ld.LearningDiagram]:
    """The learning diagram of each method; the weight of a softened term is Hinton's T², times 9."""
    supervised = ld.Constraint("supervised", some >> student, answer)
    softened = {"name": "kl", "temperature": temperature}
    distillation = ld.LearningDiagram(
        supervised,
        ld.Constraint(
            "distilled", any_image >> student, any_image >> teacher, weight=9 * temperature**2, divergence=softened
        ),
        frozen=[see, judge],
        name="distillation",
    )
    features = ld.LearningDiagram(
        supervised,
        ld.Constraint("imitated", any_image >> encode >> regress, any_image >> see, weight=imitation),
        frozen=[see],
        name="feature distillation",
    )
    together = ld.LearningDiagram(
        supervised,
        ld.Constraint("fellow supervised", some >> fellow, answer),
        ld.Constraint("learns from fellow", any_image >> student, any_image >> fellow, weight=mutual, detach="rhs"),
        ld.Constraint("fellow learns", any_image >> fellow, any_image >> student, weight=mutual, detach="rhs"),
        name="mutual learning",
    )
    plain = distillation.without("distilled")
    return dict(zip(METHODS, (plain, distillation, features, together), strict=True))


def teacher_modules() -> dict[str, nn.Module]:
    """A small convolutional network, cut in two at its last layer but one."""
    return {
        "see": nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1568, 128), nn.ReLU(),
        ),
        "judge": nn.Sequential(nn.Dropout(0.3), nn.Linear(128, 10)),
    }  # fmt: skip


def student_modules() -> dict[str, nn.Module]:
    """784–32–10, twice, and the map that compares features."""
    modules: dict[str, nn.Module] = {}
    for prefix in ("", "other "):
        modules[f"{prefix}encode"] = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU())
        modules[f"{prefix}classify"] = nn.Linear(32, 10)
    return modules | {"regress": nn.Linear(32, 128)}


def accuracy(objective, diagram, x: Tensor, y: Tensor) -> Measure:
    """How often the likeliest digit is right; an item is an image."""
    objective.eval()
    with torch.no_grad():
        return Measure.of(objective.model(diagram)(x).argmax(1) == y)


def train_teacher(x: Tensor, y: Tensor, seed: int, epochs: int) -> dict[str, nn.Module]:
    settle(seed)
    modules = teacher_modules()
    school = ld.LearningDiagram(ld.Constraint("lesson", some >> teacher, answer))
    lesson = compile(school, TorchFunctor(ob=SPACES, ar=modules))
    fit(
        lesson,
        {"labelled": {"pixels": x, "label": y}},
        epochs=epochs,
        optimizer=torch.optim.Adam,
        seed=seed,
        progress=False,
    )
    return modules


def train_student(diagram: ld.LearningDiagram, taught, x: Tensor, y: Tensor, seed: int, steps: int):
    """Train on 20 labels of each digit, and on all images without labels."""
    settle(seed)
    chosen = torch.cat([(y == label).nonzero()[:20, 0] for label in range(10)])
    names = {box.name for box in diagram.boxes}
    modules = {name: module for name, module in (student_modules() | taught).items() if name in names}
    objective = compile(diagram, TorchFunctor(ob={k: v for k, v in SPACES.items() if k in diagram.objects}, ar=modules))
    data = {"labelled": {"pixels": x[chosen], "label": y[chosen]}, "images": {"pixels": x}}
    data = {space.name: data[space.name] for space in diagram.sample_spaces}
    fit(objective, data, steps=steps, optimizer=torch.optim.Adam, lr=2e-3, seed=seed, progress=False)
    return objective


def run(short: bool = False) -> Experiment:
    """Choose by validation with seed 10, then train each method with three seeds and look at the test set once."""
    experiment = Experiment("distillation", (0,) if short else (0, 1, 2))
    data = digits()
    steps, epochs = (40, 1) if short else (750, 5)
    stay, out = stratified(data["y"], 50, seed=10)
    part = {"x": data["x"][stay], "y": data["y"][stay], "valid_x": data["x"][out], "valid_y": data["y"][out]}
    rehearsal = train_teacher(part["x"], part["y"], 10, epochs)

    def score(method, steps=steps, **options):
        objective = train_student(diagrams(**options)[method], rehearsal, part["x"], part["y"], 10, steps)
        return accuracy(objective, student, part["valid_x"], part["valid_y"]).value

    more = (steps,) if short else (steps, 2 * steps)
    chosen = {
        "temperature": experiment.choose("temperature", (2.0, 4.0), lambda t: score("distillation", temperature=t)),
        "imitation": experiment.choose("imitation", (0.01, 0.1), lambda w: score("feature distillation", imitation=w)),
        "mutual": experiment.choose("mutual", (1.0, 3.0), lambda w: score("mutual learning", mutual=w)),
    }
    length = {
        method: experiment.choose(f"steps of {method}", more, lambda n, m=method: score(m, steps=n, **chosen))
        for method in METHODS
    }
    ours = diagrams(**chosen)
    for seed in experiment.seeds:
        taught = train_teacher(data["x"], data["y"], seed, epochs)
        school = compile(
            ld.LearningDiagram(ld.Constraint("lesson", some >> teacher, answer)), TorchFunctor(ob=SPACES, ar=taught)
        )
        experiment.add("teacher", seed, accuracy=accuracy(school, teacher, data["test_x"], data["test_y"]))
        for method in METHODS:
            diagram = experiment.trained(method, ours[method])
            objective = train_student(diagram, taught, data["x"], data["y"], seed, length[method])
            experiment.add(method, seed, accuracy=accuracy(objective, student, data["test_x"], data["test_y"]))
    return experiment


if __name__ == "__main__":
    carry_out(run)
