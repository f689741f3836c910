"""The modules that write pages of the site, in the order in which they are asked."""

WRITERS = (
    "website.reference.changelog_page",
    "website.notebooks.notebook_pages",
    "website.notebooks.teaching_pages",
    "website.regimes.regime_pages",
    "website.pictures.gallery_page",
    "website.reference.reference_pages",
    "website.reference.command_line_page",
    "website.reference.file_format_page",
    "website.reference.performance_page",
    "website.mathematics.laws_page",
    "website.mathematics.literature_page",
    "website.mathematics.glossary_page",
    "website.errors.error_pages",
)
