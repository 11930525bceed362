from commons.catalog.sampling.services import least_tried, record, region_of, tried_of, volumes
from fabrication.geometry.feasible.samples import GENERIC_MM, Outcome, Sample, point_key
from fabrication.geometry.parameters import read_parameters

SCRIPT = "a = 3.0  # [0:0.5:10] mm\nrow = (1.0, 2.0)"


def sample(a: float, **more) -> Sample:
    return Sample(values={"a": a, "row": (1.0, 2.0)}, outcome=Outcome.BUILT, **more)


def test_what_is_recorded_is_read_back_as_it_was(database, add_design):
    source = add_design("hook", SCRIPT)
    tries = [
        sample(3.0, sizes_mm=((1.0, 2.0, 3.5), (4.0, 5.0, 6.0)), seconds=0.25),
        Sample(values={"a": 1.0, "row": (1.0, 9.0)}, outcome=Outcome.REFUSED, words="too thin\0", line=4, seconds=1.0),
    ]
    with database.write() as session:
        for each in tries:
            record(session, source, each)
    with database.read() as session:
        found = tried_of(session, source)
        assert found[point_key(tries[0].values)] == tries[0]
        assert found[point_key(tries[1].values)].words == "too thin"
        assert tried_of(session, "0" * 64) == {}


def test_of_two_that_tried_the_same_the_first_counts(database, add_design):
    source = add_design("hook", SCRIPT)
    with database.write() as session:
        record(session, source, sample(3.0, seconds=1.0))
        record(session, source, sample(3.0, seconds=2.0))
        record(session, source, sample(4.0))
    with database.read() as session:
        found = tried_of(session, source)
    assert sorted(each.seconds for each in found.values()) == [0.0, 1.0]


def test_what_another_kernel_made_says_nothing(database, add_design, monkeypatch):
    source = add_design("hook", SCRIPT)
    monkeypatch.setattr("commons.catalog.sampling.services.engine", lambda: "cadquery 1")
    with database.write() as session:
        record(session, source, sample(3.0))
    monkeypatch.undo()
    with database.read() as session:
        assert tried_of(session, source) == {}
        assert [each.source_sha256 for each in least_tried(session, 1)] == [source]


def test_the_least_tried_come_first_and_of_these_the_newest(database, add_design):
    old, new, tried = (add_design(slug, f"{slug} = 1.0") for slug in ("old", "new", "tried"))
    with database.write() as session:
        for number in range(3):
            record(session, tried, sample(float(number)))
    with database.read() as session:
        assert [each.source_sha256 for each in least_tried(session, 10)] == [new, old, tried]
        assert [each.source_sha256 for each in least_tried(session, 3)] == [new, old]


def test_only_what_a_designs_page_shows_is_tried(database, add_design):
    add_design("hook", SCRIPT)
    newer = add_design("hook", SCRIPT + "\n")
    with database.read() as session:
        assert [each.source_sha256 for each in least_tried(session, 10)] == [newer]


def test_a_region_of_what_is_recorded(database, add_design):
    source, script = add_design("hook", "a = 3.0  # [0:0.5:10] mm"), "a = 3.0  # [0:0.5:10] mm"
    with database.write() as session:
        record(session, source, Sample(values={"a": 3.0}, outcome=Outcome.BUILT))
        for a in (8.0, 10.0):
            record(session, source, Sample(values={"a": a}, outcome=Outcome.REFUSED, words="too wide"))
    with database.read() as session:
        assert volumes(session) == (GENERIC_MM,)
        (mark,) = region_of(session, source, read_parameters(script)).marks
    assert (mark.low, mark.high, mark.sentence) == (8.0, 10.0, "Known to fail from 8 mm on: too wide")
