"""Write names beside points so that they cover neither each other nor the points."""

import numpy as np

# Positions of a label relative to its point, in points; the first free one is taken.
OFFSETS = ((9, 0), (-9, 0), (0, 9), (0, -9), (8, 8), (-8, 8), (8, -8), (-8, -8))
HORIZONTAL = {0: "center", 1: "left", -1: "right"}
VERTICAL = {0: "center", 1: "bottom", -1: "top"}


def place_labels(axes, points, names, colours, errors=None):
    """Label points where the labels overlap least; the layout is frozen.

    `points` are (x, y) in data coordinates, with a name and a colour each; `errors`
    are the lengths of their vertical error bars to each side, to be avoided as well.
    The limits of the axes must be final.
    """
    figure = axes.figure
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    taken = [
        _around(*axes.transData.transform([(x, y - error), (x, y + error)]))
        for (x, y), error in zip(points, errors or [0] * len(points), strict=True)
    ]
    for point, name, colour in zip(points, names, colours, strict=True):
        labels = [_label(axes, point, name, colour, offset) for offset in OFFSETS]
        boxes = [_extent(figure, label) for label in labels]
        costs = [_cost(axes, box, taken) for box in boxes]
        chosen = int(np.argmin(costs))
        taken.append(boxes[chosen])
        for index, label in enumerate(labels):
            if index != chosen:
                label.remove()


def _around(low, high, radius=6):
    from matplotlib.transforms import Bbox

    return Bbox([low - radius, high + radius])


def _extent(figure, label):
    return label.get_window_extent(figure.canvas.get_renderer()).padded(2)


def _cost(axes, box, taken):
    inside = axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
    return sum(box.overlaps(other) for other in taken) + (not inside)


def _label(axes, point, name, colour, offset):
    return axes.annotate(
        name,
        point,
        offset,
        textcoords="offset points",
        ha=HORIZONTAL[int(np.sign(offset[0]))],
        va=VERTICAL[int(np.sign(offset[1]))],
        color=colour,
    )
