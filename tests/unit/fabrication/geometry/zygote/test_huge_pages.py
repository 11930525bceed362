from pathlib import Path

from fabrication.geometry.zygote import huge_pages


def test_what_lies_in_memory_stays_as_it_was():
    mine = bytes(range(256)) * (8 * huge_pages.HUGE // 256)
    before = hash(mine)
    assert huge_pages.collapse() >= 0
    assert hash(bytes(bytearray(mine))) == before


def test_only_whole_huge_pages_of_its_own_memory_are_touched():
    kept = bytearray(4 * huge_pages.HUGE)
    places = list(huge_pages._own_memory())
    assert places
    assert all(place % huge_pages.HUGE == 0 for place in places)
    ranges = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        begin, end = (int(address, 16) for address in line.split()[0].split("-"))
        ranges.append((begin, end, line))
    for place in places:
        (line,) = [line for begin, end, line in ranges if begin <= place and place + huge_pages.HUGE <= end]
        assert line.split()[1] == "rw-p"
    assert len(kept) == 4 * huge_pages.HUGE
