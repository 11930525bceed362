"""Where in its parameters' space a design builds, is valid and fits: what to try, and what the tries say."""
