"""The directive ``house``: the rooms of the package drawn from their list on a page."""

import importlib
import re
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

# The list as the page has it; tests/test_imports.py reads the same lines.
LIST = re.compile(r"\.\. rooms\n[\s\S]*?::\n\n((?:    .*\n|\n)+)")
WIDTH, HEIGHT, ACROSS, DOWN = 104, 34, 114, 78


def read(page):
    """Return what each room may import, top floor first."""
    lines = [line.split("->") for line in LIST.search(page)[1].splitlines() if line]
    return {room.strip(): below.split() for room, below in lines}


def all_below(rooms):
    """Return every room that each one reaches. The list runs from the top down."""
    reached = {}
    for room in reversed(rooms):
        steps = [{below} | reached[below] for below in rooms[room]]
        reached[room] = set().union(*steps)
    return reached


def stairs(rooms):
    """Return the arrows that no longer way down makes superfluous."""
    reached = all_below(rooms)
    return {
        room: [b for b in below if not any(b in reached[other] for other in below)]
        for room, below in rooms.items()
    }


def floors(rooms):
    """Return the rooms of each floor, top first: each right below who needs it."""
    ground, level = {}, {}
    for room in reversed(rooms):
        ground[room] = max((ground[b] + 1 for b in rooms[room]), default=0)
    for room in rooms:
        above = [level[user] for user, below in rooms.items() if room in below]
        level[room] = min(above) - 1 if above else ground[room]
    return [
        [room for room in rooms if level[room] == floor]
        for floor in range(max(level.values()), min(level.values()) - 1, -1)
    ]


def places(rooms):
    """Return the middle of each room, near the rooms that it is joined to."""
    arrows, house = stairs(rooms), floors(rooms)
    joined = {room: set(arrows[room]) for room in rooms}
    for room, below in arrows.items():
        for other in below:
            joined[other].add(room)
    spot = {room: i - len(row) / 2 for row in house for i, room in enumerate(row)}
    for row in (house + house[::-1]) * 4:
        mean = {
            r: sum(spot[j] for j in joined[r]) / max(len(joined[r]), 1) for r in row
        }
        for i, room in enumerate(sorted(row, key=mean.get)):
            spot[room] = i - (len(row) - 1) / 2
    left = min(spot.values())
    return {
        room: (ACROSS * (spot[room] - left + 0.5), DOWN * floor + HEIGHT)
        for floor, row in enumerate(house)
        for room in row
    }


def line_of(room):
    """Return the first line of a room's docstring."""
    return importlib.import_module(f"skwfm.{room}").__doc__.splitlines()[0]


def draw(rooms):
    """Return the SVG, in the colours of the page around it."""
    at = places(rooms)
    right, bottom = (max(axis) for axis in zip(*at.values(), strict=True))
    size = right + ACROSS / 2, bottom + HEIGHT
    parts = [
        f'<figure class="rooms"><svg viewBox="0 0 {size[0]:.0f} {size[1]:.0f}" '
        f'width="{size[0]:.0f}" role="img" aria-label="Rooms of the package; '
        'arrows lead to what is imported" font-size="14" text-anchor="middle">'
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" '
        'fill="currentColor"/></marker>'
    ]
    for room, below in stairs(rooms).items():
        for other in below:
            (x, y), (end, low) = at[room], at[other]
            start, stop = y + HEIGHT / 2, low - HEIGHT / 2
            middle = (start + stop) / 2
            parts.append(
                f'<path d="M{x:.0f} {start:.0f}C{x:.0f} {middle:.0f} {end:.0f} '
                f'{middle:.0f} {end:.0f} {stop:.0f}" fill="none" opacity=".6" '
                'stroke="currentColor" marker-end="url(#tip)"/>'
            )
    for room, (x, y) in at.items():
        parts.append(
            f'<g><title>{escape(line_of(room))}</title><rect x="{x - WIDTH / 2:.0f}" '
            f'y="{y - HEIGHT / 2:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="6" '
            'fill="var(--pst-color-surface, #f3f4f5)" stroke="currentColor"/>'
            f'<text x="{x:.0f}" y="{y + 5:.0f}" fill="currentColor">{room}</text></g>'
        )
    return "".join(parts) + "</svg></figure>"


class House(Directive):
    """Draw the rooms that the page lists, then say what each holds."""

    def run(self):
        """Return the drawing and the list."""
        page = Path(self.state.document.current_source)
        self.state.document.settings.record_dependencies.add(str(page))
        rooms = read(page.read_text(encoding="utf-8"))
        listed = nodes.bullet_list()
        for room in rooms:
            entry = nodes.paragraph("", "", nodes.literal("", room), nodes.Text(": "))
            found, messages = self.state.inline_text(line_of(room), self.lineno)
            listed += nodes.list_item("", entry)
            entry += [*found, *messages]
        return [nodes.raw("", draw(rooms), format="html"), listed]


def setup(app):
    """Register the directive."""
    app.add_directive("house", House)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
