"""Reading: the data that a plan names, as tables and streams, and the plan with all that its names mean."""
