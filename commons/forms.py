"""What the features' forms share."""

from collections.abc import Mapping
from typing import Any


def add_problems(form: Any, problems: Mapping[str, str]) -> None:
    """Puts each sentence beside the field it is about; what is about no field goes to the form itself."""
    for name, sentence in problems.items():
        if name in form:
            form[name].errors = [*form[name].errors, sentence]
        else:
            form.form_errors.append(sentence)
