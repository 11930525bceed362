"""How soon the commons is asked again."""

INTERVAL_S = (0.2, 300.0)
BACKOFF_MAX_S = 60.0


def interval_s(asked: float, chance: float) -> float:
    """How long until the next sync: what the commons asked, bounded; `chance` in [0, 1) keeps bridges apart."""
    low, high = INTERVAL_S
    return max(low, min(max(asked, low), high) * (0.8 + 0.2 * chance))


def backoff_s(failures: int, chance: float) -> float:
    """Full jitter: anything up to a bound that doubles with each failure."""
    return INTERVAL_S[0] + min(BACKOFF_MAX_S, 0.5 * 2.0 ** min(failures, 10)) * chance
