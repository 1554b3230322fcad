"""Pictures in a text cell: drawn anew and kept as attachments, so that its words stay short."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from gradlab.grading.outputs import clean_pictures
from gradlab.grading.pictures import redrawn

DATA_URI = re.compile(r"data:image/[\w.+-]{1,20};base64,[A-Za-z0-9+/=]*")
MAX_ENCODED = 14 * 2**20
"""Characters of one picture in base64."""
MAX_WORK = 60 * 2**20
"""Characters of all pictures of a notebook that are drawn anew."""
MAX_DRAWN = 60
"""Of a notebook: drawing the largest that is drawn at all takes a second."""
NOT_SHOWN = "attachment:not-shown"


@dataclass
class Pasted:
    """Takes the pictures out of a notebook's text cells, within bounds for all of them together.

    `released` leaves them in the text, which is the course's.
    """

    released: bool = False
    drawn: int = 0
    work: int = 0

    def attachments(self, found: Any) -> dict[str, dict[str, str]]:
        """Pictures that were pasted into a cell, by name; of other kinds as PNG or JPEG."""
        found = found if isinstance(found, dict) else {}
        kept = {name: self._bundle(bundle) for name, bundle in found.items()}
        return {name: bundle for name, bundle in kept.items() if bundle}

    def take_out(self, source: str, attachments: dict[str, dict[str, str]]) -> tuple[str, int]:
        """The text with links to attachments in the place of pictures, and how many are lost."""

        def link(found: re.Match[str]) -> str:
            drawn = self._drawn(found[0].partition(",")[2])
            name = f"inlined-{len(attachments) + 1}"
            if drawn:
                attachments[name] = drawn
            return f"attachment:{name}" if drawn else NOT_SHOWN

        if self.released or "data:image/" not in source:
            return source, 0
        text = DATA_URI.sub(link, source)
        return text, text.count(NOT_SHOWN)

    def _bundle(self, bundle: Any) -> dict[str, str]:
        clean = clean_pictures(bundle)
        if clean or not isinstance(bundle, dict):
            return clean
        pictures = (text for mime, text in bundle.items() if mime.startswith("image/"))
        return next((drawn for text in pictures if (drawn := self._drawn(text))), {})

    def _drawn(self, text: Any) -> dict[str, str]:
        """The picture in base64, drawn anew; nothing where it is none, or too much by now."""
        text = "".join(part for part in text if isinstance(part, str)) if text else ""
        self.work += len(text)
        self.drawn += 1
        if len(text) > MAX_ENCODED or self.work > MAX_WORK or self.drawn > MAX_DRAWN:
            return {}
        try:
            found = redrawn(base64.b64decode("".join(text.split()), validate=True))
        except (binascii.Error, ValueError):
            return {}
        return {found[0]: base64.b64encode(found[1]).decode()} if found else {}
