"""A picture of a page leads to itself, so that a reader on a small screen can open it in full size."""

import re

PICTURE = re.compile(r'(?P<link><a\b[^>]*>\s*)?(?P<picture><img\b[^>]*\bsrc="(?P<file>[^"]+\.svg)"[^>]*>)')


def on_page_content(html: str, **_: object) -> str:
    """The page, where each picture that leads nowhere leads to its file.

    >>> on_page_content('<p><img alt="A box" src="box.svg" /></p>')
    '<p><a href="box.svg"><img alt="A box" src="box.svg" /></a></p>'
    >>> on_page_content('<a href="box.html"><img alt="A box" src="box.svg" /></a>')
    '<a href="box.html"><img alt="A box" src="box.svg" /></a>'
    """
    return PICTURE.sub(lambda match: match[0] if match["link"] else f'<a href="{match["file"]}">{match[0]}</a>', html)
