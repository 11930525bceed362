#!/usr/bin/env python3
"""A command line tool at heart."""
import argparse
import logging
import os
import sys

import cadquery as cq

log = logging.getLogger(__name__)


def build(width, depth):
    return cq.Workplane().box(width, depth, 2)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=float, default=30)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "plate.step"))
    args = parser.parse_args(argv)
    plate = build(args.width, 10)
    cq.exporters.export(plate, args.out)
    show_object(plate, name="plate")
    log.info("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#: [parts.plate]
#: volume = "600"
