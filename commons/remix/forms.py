"""Forms of named variants."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class SaveForm(FlaskForm):  # type: ignore[misc]
    title = StringField("Title", [DataRequired("Give it a title."), Length(max=120)])
