"""Tables: finite maps, models, and what tells two sides of an equation apart."""
