"""The meaning of diagrams without a tensor library: folds, loss programs, finite models, proofs and reviews."""
