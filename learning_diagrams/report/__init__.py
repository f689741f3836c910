"""Reports: the folder of a training run, which is plain data, and the page that shows it."""
