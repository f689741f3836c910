"""Writes the files of the regimes beside their functions, and their pictures and a proof into docs: `make regimes`."""

from pathlib import Path

from learning_diagrams import regimes
from learning_diagrams.regimes.annotated_file import annotated
from website.pictures.gallery import proofs

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "regimes"

if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name in regimes.__all__:
        regime = getattr(regimes, name)
        (ROOT / "learning_diagrams" / "regimes" / f"{name}.yaml").write_text(annotated(regime), encoding="utf-8")
        regime().draw(PICTURES / f"{name}.svg")
    proofs()["turned twice"].save(ROOT / "docs" / "proof.svg")
