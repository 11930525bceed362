"""What can go wrong while something is fabricated.

FabricationError
├── IllegalTransition       a job was asked for a step its state does not have
├── SourceError             the author's source cannot be read as a design (line, message)
├── ValueRefused            parameter values outside what the source allows (parameter → message)
├── UploadRefused           an uploaded file is no model that can be read (which file, what is wrong)
├── ForgeError
│   ├── ScriptFailed        the author's script raised (their line, their words)
│   ├── JobKilled           a limit was passed: time, memory, disk, log (which, and how much)
│   │   └── TookTooLong     the limit was the one on time
│   ├── Superseded          the same person asked for something newer meanwhile
│   ├── KernelCrashed       the geometry kernel died on these values
│   ├── ConfinementUnavailable  this host cannot hold a script; nothing was run
│   └── ForgeUnavailable    the forge does not answer
├── ArtefactError
│   ├── ArtefactMissing     nothing is stored under that name
│   ├── ArtefactAwaited     others are still making it
│   ├── ArtefactsUnwritable the store's folder cannot be made
│   └── ArtefactDamaged     the disk gave back something else than was stored
├── SlicerError
│   ├── SlicerMissing       prusa-slicer is not installed
│   ├── SlicerUnconfined    this host cannot hold it; it was not run
│   └── SlicerFailed        it ran and said no
└── PlanRefused             this part cannot be made on that machine, with reasons for its owner
"""


class FabricationError(Exception):
    """Root of every error of fabrication; its text is one sentence for a person."""


class IllegalTransition(FabricationError):
    """A job was asked for a step its state does not have."""


class SourceError(FabricationError):
    """The author's source cannot be read as a design."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


class ValueRefused(FabricationError):
    """Parameter values outside what the source allows; `problems` maps a parameter to a sentence."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


class UploadRefused(FabricationError):
    """An uploaded file is no model that can be read; the text names the file and what is wrong with it."""


class ForgeError(FabricationError):
    """A confined job did not give a result; `log` is what it had printed until then."""

    log: str = ""


class ScriptFailed(ForgeError):
    """The author's script raised; `message` is theirs, `line` is in their file."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.message, self.line = message, line


class JobKilled(ForgeError):
    """A limit was passed."""


class TookTooLong(JobKilled):
    """The limit was the one on time: where a short one was asked for, a longer one may do."""


class Superseded(ForgeError):
    """The same person asked for something newer, so this job was stopped."""


class KernelCrashed(ForgeError):
    """The geometry kernel died, which is a normal outcome for some values."""


class ConfinementUnavailable(ForgeError):
    """This host cannot hold a script, so nothing was run."""


class ForgeUnavailable(ForgeError):
    """The forge does not answer."""


class ArtefactError(FabricationError):
    """The store of artefacts could not give what was asked."""


class ArtefactMissing(ArtefactError):
    """Nothing is stored under that name."""


class ArtefactAwaited(ArtefactError):
    """Others are still making it, and who asked would not wait any longer."""


class ArtefactsUnwritable(ArtefactError):
    """The store's folder cannot be made."""


class ArtefactDamaged(ArtefactError):
    """The disk gave back something else than was stored."""


class SlicerError(FabricationError):
    """The slicer gave no program."""


class SlicerMissing(SlicerError):
    """prusa-slicer is not installed."""


class SlicerUnconfined(SlicerError):
    """This host cannot hold the slicer, so it was not run."""


class SlicerFailed(SlicerError):
    """The slicer ran and said no."""


class PlanRefused(FabricationError):
    """This part cannot be made on that machine; `reasons` are sentences for its owner."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
