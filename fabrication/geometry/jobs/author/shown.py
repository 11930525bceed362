"""What a script has shown, and the functions it shows with: CQ-editor's, CadQuery's gateway's and the viewers'."""

from collections.abc import Mapping, Sequence
from types import ModuleType

from fabrication.geometry.jobs.author import colours
from fabrication.geometry.jobs.author.showable import Body, is_showable, leaves
from fabrication.geometry.jobs.files import MAX_PARTS, part_name


class Shown:
    """The parts so far, by name, in order."""

    def __init__(self) -> None:
        self.parts: dict[str, Body] = {}
        self._objects: list[object] = []

    def show_object(self, obj: object, *said: object, **options: object) -> None:
        """`show_object(obj, name="lid", options={"color": "red"})`, each body a part; other options are ignored.

        After the object CQ-editor takes the name and the options, CadQuery's gateway the options.
        Raises `ValueError` for what is no part.
        """
        given = [options.pop("options", None), *said]
        names = [options.pop("name", None), *said]
        name = next((each for each in names if isinstance(each, str)), None)
        wanted = {**next((dict(each) for each in given if isinstance(each, Mapping)), {}), **options}
        self._objects.append(obj)
        for own_name, body in leaves(obj, name, colours.from_options(wanted)):
            if len(self.parts) >= MAX_PARTS:
                raise ValueError(
                    f"a design may show at most {MAX_PARTS} parts; join those that are printed together, for example "
                    "with cq.Compound.makeCompound"
                )
            self.parts[self._free(part_name(own_name))] = body

    def has(self, obj: object) -> bool:
        """Whether this very object was shown already."""
        return any(each is obj for each in self._objects)

    def _free(self, name: str) -> str:
        """`name`, or with the first number that no part has yet."""
        number, free = 1, name
        while free in self.parts:
            number += 1
            free = f"{name} {number}"
        return free


class Viewer(ModuleType):
    """Stands for a viewer that is not here, `ocp_vscode` and its like: what it is told to show is shown.

    All that a viewer has beside (cameras, ports, themes) may be called and does nothing. An object that
    `show_object` showed already is not shown twice.
    """

    __all__ = ("Camera", "Collapse", "reset_show", "set_defaults", "set_port", "show", "show_all", "show_object")

    def __init__(self, shown: Shown, namespace: Mapping[str, object]) -> None:
        super().__init__("viewer")
        self._shown, self._namespace = shown, namespace

    def show_object(self, obj: object, *said: object, **options: object) -> None:
        """As the script's own."""
        if not self._shown.has(obj):
            self._shown.show_object(obj, *said, **options)

    def show(self, *objects: object, names: Sequence[object] = (), colors: Sequence[object] = (), **_: object) -> None:
        """`show(lid, box, names=["lid", "box"], colors=["red", "blue"])`."""
        for index, obj in enumerate(objects):
            name = names[index] if names and index < len(names) else None
            colour = colors[index] if colors and index < len(colors) else None
            self.show_object(obj, name, {"color": colour})

    def show_all(self, *_: object, **__: object) -> None:
        """Every variable of the script that holds a solid."""
        for name, value in dict(self._namespace).items():
            if is_showable(value):
                self.show_object(value, name)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing()


class _Nothing:
    def __call__(self, *_: object, **__: object) -> "_Nothing":
        return self

    def __getattr__(self, name: str) -> "_Nothing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self
