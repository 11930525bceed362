"""The kinds of job a confined child can do.

Each kind's module has `run(request: dict[str, JSON], folder: Path) -> dict[str, JSON]`, called in the confined
child with `folder` as working directory: it reads its inputs there by name, writes outputs there under fixed flat
names, prints to the log, and returns its claim, which is JSON. It raises `ScriptFailed`, `SourceError` or
`ValueRefused` for what is the author's; anything else is taken for a crash of the kernel on these values.
"""

from dataclasses import dataclass, field

from fabrication.geometry.confinement.limits import MIB, Limits

OUTPUT_NAME = r"[a-z0-9][a-z0-9_-]{0,47}\.[a-z0-9]{1,8}"


@dataclass(frozen=True, slots=True)
class JobKind:
    """`preload` names what `module` would import late: the zygote imports it beforehand, once for all children.
    `later` is imported once the zygote has nothing to do. `rehearsal` names a module whose `rehearse()` is called
    before the zygote forks, and again in a child that has no job yet.

    None of them may leave a thread behind. `outputs` is the pattern of file names that are
    taken from the folder; other files in it are thrown away.
    """

    module: str
    runs_author_code: bool
    limits: Limits = field(default_factory=Limits)
    preload: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    rehearsal: str = ""
    outputs: str = OUTPUT_NAME


_JOBS = "fabrication.geometry.jobs"

KINDS: dict[str, JobKind] = {
    "check": JobKind(f"{_JOBS}.check", runs_author_code=False),
    "build": JobKind(
        f"{_JOBS}.build",
        runs_author_code=True,
        limits=Limits(cpu_s=120, wall_s=120.0),
        preload=(f"{_JOBS}.author.lighter",),
        later=(f"{_JOBS}.author.plugins",),
        rehearsal=f"{_JOBS}.rehearsal",
        outputs=r"part_\d{1,2}\.brep|preview\.glb",
    ),
    "export": JobKind(f"{_JOBS}.export", runs_author_code=False, limits=Limits(cpu_s=60, wall_s=75.0)),
    "inspect": JobKind(
        f"{_JOBS}.inspect",
        runs_author_code=False,
        limits=Limits(cpu_s=60, wall_s=120.0, memory=2048 * MIB),
        preload=("PIL.PngImagePlugin",),
    ),
    "measure": JobKind(f"{_JOBS}.measure", runs_author_code=False),
    "read_upload": JobKind(
        f"{_JOBS}.read_upload",
        runs_author_code=False,
        limits=Limits(cpu_s=60, wall_s=75.0, memory=2048 * MIB, folder=192 * MIB),
    ),
    "picture": JobKind(f"{_JOBS}.picture", runs_author_code=False, preload=("PIL.PngImagePlugin",)),
}
