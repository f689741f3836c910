"""The modules that write pages of the site, in the order in which they are asked."""

WRITERS = (
    "changelog_page",
    "notebook_pages",
    "teaching_pages",
    "regime_pages",
    "gallery_page",
    "reference_pages",
    "command_line_page",
    "file_format_page",
    "performance_page",
    "laws_page",
    "literature_page",
    "glossary_page",
    "error_pages",
)
