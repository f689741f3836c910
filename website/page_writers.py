"""The modules that write pages of the site, in the order in which they are asked."""

WRITERS = ("changelog_page", "notebook_pages", "regime_pages", "reference_pages", "glossary_page")
