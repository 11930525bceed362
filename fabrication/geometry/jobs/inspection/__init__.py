"""What the job `inspect` measures of one part: its body, its walls, its ways to stand, its details, its problems."""
