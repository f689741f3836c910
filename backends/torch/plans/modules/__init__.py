"""The modules of a plan: networks by name, made for the ends of their boxes."""
