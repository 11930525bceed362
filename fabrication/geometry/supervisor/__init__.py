"""The supervisor's parts: the link to the zygote, one job watched from outside, its files, its verdict."""
