"""Named variants: a revision and values that somebody gave a title, with a page of their own."""
