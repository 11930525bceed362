"""From a part's mesh to the body of a G-code program, by PrusaSlicer as a separate, bounded process."""
