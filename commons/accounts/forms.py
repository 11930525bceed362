"""Forms of accounts."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length, Optional, Regexp

PASSWORD_LENGTH_MIN = 10


class SignUpForm(FlaskForm):  # type: ignore[misc]
    handle = StringField("Handle", [DataRequired(), Length(min=2, max=33)])
    name = StringField("Name", [Optional(), Length(max=80)])
    email = StringField(
        "Email", [Optional(), Length(max=254), Regexp(r"[^@\s]+@[^@\s]+$", message="This is no email address.")]
    )
    password = PasswordField(
        "Password",
        [
            DataRequired(),
            Length(min=PASSWORD_LENGTH_MIN, max=1000, message=f"At least {PASSWORD_LENGTH_MIN} characters."),
        ],
    )


class SignInForm(FlaskForm):  # type: ignore[misc]
    handle = StringField("Handle", [DataRequired(), Length(max=33)])
    password = PasswordField("Password", [DataRequired(), Length(max=1000)])
