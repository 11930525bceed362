"""Forms of the catalogue: bring a design, remix one by code."""

import re

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields import Field, SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from commons.catalog.submissions.model import MODEL_SUFFIXES

LICENCES = {
    "CERN-OHL-S-2.0": "CERN-OHL-S-2.0: changes stay open",
    "CERN-OHL-W-2.0": "CERN-OHL-W-2.0: changes to the part stay open",
    "CERN-OHL-P-2.0": "CERN-OHL-P-2.0: do as you like, keep the notices",
    "CC-BY-SA-4.0": "CC-BY-SA-4.0: name me, share alike",
    "CC-BY-4.0": "CC-BY-4.0: name me",
    "CC0-1.0": "CC0-1.0: no rights kept",
    "GPL-3.0-or-later": "GPL-3.0-or-later",
    "MIT": "MIT",
    "other": "Another, by its SPDX name",
}
"""SPDX identifiers, with what they come to; the last choice leaves it to the field beside it."""
_SPDX = re.compile(r"[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")
ACCEPTED = ".py,.zip," + ",".join(MODEL_SUFFIXES)


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class UploadForm(FlaskForm):  # type: ignore[misc]
    """A design as its author has it."""

    file = FileField("File", [FileRequired("Choose a file.")])
    title = StringField("Title", [DataRequired("Give it a title."), Length(max=120)])
    summary = TextAreaField("What it is for", [Optional(), Length(max=600)], filters=[_stripped])
    licence = SelectField(
        "Licence",
        [DataRequired("Choose a licence.")],
        choices=[SelectChoice(name, words) for name, words in LICENCES.items()],
        default="CERN-OHL-S-2.0",
    )
    other_licence = StringField("Its SPDX name", [Length(max=120)])

    def validate_other_licence(self, field: Field) -> None:
        if self.licence.data == "other" and not _SPDX.fullmatch((field.data or "").strip()):
            raise ValidationError("Give its name as SPDX lists it, for example LGPL-3.0-or-later.")

    @property
    def spdx(self) -> str:
        """The licence chosen, by its SPDX name."""
        return str(self.other_licence.data if self.licence.data == "other" else self.licence.data).strip()


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A changed script. `start` says which files lie beside it: those of the parent's script, or its shape."""

    start = HiddenField()
    title = StringField("Title", [DataRequired("Give it a title."), Length(max=120)])
    summary = TextAreaField("What is different", [Optional(), Length(max=600)], filters=[_stripped])
    script = TextAreaField("Script", [DataRequired("Write a script."), Length(max=256 * 1024)])
