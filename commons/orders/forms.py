"""Forms of orders and jobs."""

import secrets

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from commons.orders.services import QUANTITY_MAX
from fabrication.slicing.settings import INFILL_PCT, LAYER_MM, PRESETS, WALLS


class OrderForm(FlaskForm):  # type: ignore[misc]
    """Settings left blank are the preset's. `form_token` is drawn with the page, so that sent twice it orders once."""

    form_token = HiddenField(validators=[Optional(), Length(max=32)], default=lambda: secrets.token_hex(16))
    quantity = IntegerField(
        "Quantity",
        [InputRequired("How many?"), NumberRange(1, QUANTITY_MAX, f"Between 1 and {QUANTITY_MAX}.")],
        default=1,
    )
    material = StringField("Material", [DataRequired("Which material?"), Length(max=80)], default="PLA")
    preset = RadioField(
        "Print settings", choices=[SelectChoice(name, name.capitalize()) for name in PRESETS], default="normal"
    )
    layer_mm = StringField("Layer height, mm", [Optional(), Length(max=20)])
    walls = StringField("Walls", [Optional(), Length(max=20)])
    infill_pct = StringField("Infill, %", [Optional(), Length(max=20)])
    supports = BooleanField("Supports")
    brim = BooleanField("Brim")

    LIMITS = {"layer_mm": LAYER_MM, "walls": WALLS, "infill_pct": INFILL_PCT}  # noqa: RUF012 (read only)


class ClaimForm(FlaskForm):  # type: ignore[misc]
    machine = SelectField("Machine", validate_choice=False)


class RejectForm(FlaskForm):  # type: ignore[misc]
    note = StringField("What is wrong with it?", [DataRequired("Say what is wrong with it."), Length(max=500)])


class SettleForm(FlaskForm):  # type: ignore[misc]
    """What became of an attempt that nobody heard the end of."""

    outcome = RadioField(
        "What happened?",
        [InputRequired("Say which of the two.")],
        choices=[
            SelectChoice("good", "It finished, and the part is good."),
            SelectChoice("failed", "It failed, or was stopped."),
        ],
    )
    note = TextAreaField("What did you find?", [Optional(), Length(max=1000)])
