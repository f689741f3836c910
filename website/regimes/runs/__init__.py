"""Small runs of the regimes that no experiment trains, each beside a control. Nothing is tuned."""
