"""The learning graph: objects, the boxes between them as arrows, and every constraint as a face or a chart."""
