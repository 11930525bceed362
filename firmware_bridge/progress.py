"""How far a run is, for who watches it."""

from firmware_bridge.protocol.conversation import Conversation
from firmware_bridge.text import brief
from firmware_bridge.wire import Progress

SURE_AFTER_S, SURE_AFTER = 30.0, 0.2
"""The estimate gives way to the run's own pace, which alone counts after so long or such a share of its lines."""
REMAINING_MAX_S = 1e9


def progress_of(talk: Conversation, total: int, elapsed_s: float, estimate_s: float | None) -> Progress:
    """Of a program of `total` lines; `estimate_s` is the gate's time for all of it."""
    done = talk.acknowledged / total if total else 1.0
    printing_s = elapsed_s - talk.heating_s
    remaining_s = None if estimate_s is None else estimate_s * (1 - done)
    if done > 0:
        by_pace_s = printing_s * (1 - done) / done
        sure = min(1.0, max(printing_s / SURE_AFTER_S, done / SURE_AFTER))
        remaining_s = by_pace_s if remaining_s is None else sure * by_pace_s + (1 - sure) * remaining_s
    heat = talk.temperatures
    return Progress(
        line=talk.acknowledged,
        lines=total,
        hotend_c=heat.hotend_c,
        hotend_target_c=heat.hotend_target_c,
        bed_c=heat.bed_c,
        bed_target_c=heat.bed_target_c,
        remaining_s=None if remaining_s is None else min(max(remaining_s, 0.0), REMAINING_MAX_S),
        paused=talk.attention.paused,
        attention=brief(talk.attention.why),
    )
