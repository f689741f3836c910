"""Elements of pictures: colours, text, SVG, plates, and how boxes look."""
