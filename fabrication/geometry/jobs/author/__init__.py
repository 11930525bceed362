"""An author's script: what it finds, what it may import, what it shows, and the words for what went wrong."""
