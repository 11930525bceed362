"""A program before the gates of all the machines that it may be for."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from firmware_bridge.errors import ProgramRefused
from firmware_bridge.gcode import GateReport
from firmware_bridge.machine import MachineProfile
from firmware_bridge.program import sha256_of
from firmware_bridge.sending.given import copied_to

GateFor = Callable[[Path, MachineProfile, BinaryIO], GateReport]


@dataclass(frozen=True)
class Checked:
    """A program that passed the gate of a machine, in canonical form."""

    profile: MachineProfile
    path: Path
    gate: GateReport


class Gates:
    """The program at the gate of each machine it may be for: judged once it matters, and once.

    That nearly always is one gate. A file that none takes is known for it before a port is opened; which of those that
    take it counts, the machine must be asked.
    """

    def __init__(self, given: BinaryIO, profiles: Sequence[MachineProfile], folder: Path, gate: GateFor) -> None:
        self._profiles: dict[str, MachineProfile] = {profile.firmware: profile for profile in profiles}
        self._folder, self._gate = folder, gate
        self._judged: dict[str, Checked | ProgramRefused] = {}
        self._copy = folder / "given.gcode"
        # Each gate reads it anew; what comes through a pipe cannot be.
        with copied_to(folder):
            with self._copy.open("wb") as file:
                shutil.copyfileobj(given, file)
            self.given_sha256 = sha256_of(self._copy)

    def require_one(self) -> None:
        """Raises `ProgramRefused` if it is for none of them."""
        if not any(True for _ in self.all_passed()):
            raise meant_for(each for each in self._judged.values() if isinstance(each, ProgramRefused))

    def of(self, refused: ProgramRefused) -> MachineProfile:
        """Whose gate has refused it so."""
        return next(self._profiles[firmware] for firmware, result in self._judged.items() if result is refused)

    @property
    def judged(self) -> list[Checked]:
        """Those that have passed so far."""
        return [each for each in self._judged.values() if isinstance(each, Checked)]

    def all_passed(self) -> Iterator[Checked]:
        for firmware in self._profiles:
            result = self._judge(firmware)
            if isinstance(result, Checked):
                yield result

    def passed(self, firmware: str) -> Checked:
        """Raises `ProgramRefused` where it is not for this one."""
        result = self._judge(firmware)
        if isinstance(result, ProgramRefused):
            raise result
        return result

    def _judge(self, firmware: str) -> Checked | ProgramRefused:
        if firmware not in self._judged:
            profile, path = self._profiles[firmware], self._folder / f"{firmware}.gcode"
            try:
                with copied_to(self._folder), path.open("wb") as out:
                    gate = self._gate(self._copy, profile, out)
                self._judged[firmware] = Checked(profile, path, gate)
            except ProgramRefused as error:
                self._judged[firmware] = error
        return self._judged[firmware]


def meant_for(refused: Iterable[ProgramRefused]) -> ProgramRefused:
    """Of several gates' that of the gate which has least against the program; where it is of no line, its gate judges
    none."""
    return min(refused, key=lambda error: (error.refusals[0].line == 0, len(error.refusals)))
