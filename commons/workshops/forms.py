"""Forms of workshops and of pairing."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from commons.workshops.services import NAME_MAX


class WorkshopForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name", [DataRequired("Say what it is called."), Length(max=NAME_MAX)])
    location = StringField("Where it is", [Optional(), Length(max=120)])
    description = TextAreaField("What people should know", [Optional(), Length(max=4000)])


class PairForm(FlaskForm):  # type: ignore[misc]
    user_code = StringField("Code", [DataRequired("Type the code the bridge shows."), Length(max=20)])
    workshop = SelectField("Workshop", [DataRequired("Choose the workshop.")], validate_choice=False)


class ClaimingForm(FlaskForm):  # type: ignore[misc]
    claims_by_itself = BooleanField("Claims jobs by itself")
