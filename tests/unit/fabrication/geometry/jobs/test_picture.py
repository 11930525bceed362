import numpy as np
from PIL import Image

from fabrication.geometry.jobs import picture


def test_a_picture_shows_every_part_whole(built):
    assert picture.run({"parts": 2}, built) == {}
    image = Image.open(built / "picture.png")
    assert (image.format, image.size, image.mode) == ("PNG", (640, 480), "RGB")
    pixels = np.asarray(image).astype(int)
    red, blue = pixels[..., 0], pixels[..., 2]
    orange, bluish = red - blue > 40, blue - red > 60
    for part in (orange, bluish):  # the two colours that the first two parts have
        rows, columns = np.nonzero(part)
        assert len(rows) > 3000
        assert rows.min() > 5
        assert rows.max() < 474
        assert columns.min() > 5
        assert columns.max() < 634
    assert pixels[:5].min() > 150, "the paper is light"


def test_the_same_parts_give_the_same_picture(built):
    pictures = []
    for _ in range(2):
        picture.run({"parts": 1}, built)
        pictures.append((built / "picture.png").read_bytes())
    assert pictures[0] == pictures[1]
