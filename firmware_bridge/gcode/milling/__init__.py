"""What milling adds: lines of several words, and what a turning tool may do where."""
