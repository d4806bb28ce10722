"""What makes events hard: sheets beside check-ins, two bodies that return one event, series. Each kind draws apart."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sandbox.counting import draw_for, some
from sandbox.options import Options
from sandbox.world import Body, Event


def complicate_events(options: Options, events: Sequence[Event], bodies: Sequence[Body]) -> None:
    """Signed sheets of platform events, events returned twice, occurrences of series."""
    dirt = options.dirt
    on_platform = [event for event in events if event.platform_id]
    draw = draw_for(options, "sheet_beside")
    for event in some(draw, on_platform, dirt.sheet_beside):
        event.sheet_holds_walk_ins = draw.random() < 0.3
        strangers = draw.randint(1, 12)
        event.signed_in = strangers if event.sheet_holds_walk_ins else max(1, event.named + strangers - 6)
    draw = draw_for(options, "event_returned_twice")
    for event in some(draw, [e for e in events if not e.platform_id], dirt.event_returned_twice * 2):
        event.also = draw.choice([body for body in bodies if body is not event.body])
    _return_platform_events(options, on_platform, bodies)
    draw = draw_for(options, "series_parent")
    for number, event in enumerate(some(draw, on_platform, dirt.series_parent)):
        event.series_id = f"71{number:08d}"


def _return_platform_events(options: Options, events: Sequence[Event], bodies: Sequence[Body]) -> None:
    """A second body's row of an event on a platform changes nothing: the first code's stands, here the organiser's."""
    draw: random.Random = draw_for(options, "platform_event_returned_twice")
    for event in some(draw, events, options.dirt.event_returned_twice / 2):
        later = [body for body in bodies if body.code > event.body.code]
        event.also = draw.choice(later) if later else None
