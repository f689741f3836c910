"""Learning diagrams as Julia scripts for Flux: models, and the same loss. Nothing of Julia is run here."""
