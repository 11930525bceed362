"""The process that has the geometry kernel loaded and forks a confined child for each job.

| file | holds |
|---|---|
| `messages.py` | what it reports to the supervisor |
| `kinds.py` | which kinds of job it offers |
| `__main__.py` | the process itself: import, fork, reap |
| `spare.py` | the child that is forked before there is a job for it |
| `child.py` | what a child does with its job |
| `huge_pages.py` | what makes a fork cheap |
"""
