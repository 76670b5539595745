"""Write names beside points so that neither names nor points cover each other."""

import numpy as np

# Where a label may sit relative to its point, in points: first that is free wins.
OFFSETS = ((9, 0), (-9, 0), (0, 9), (0, -9), (8, 8), (-8, 8), (8, -8), (-8, -8))
HORIZONTAL = {0: "center", 1: "left", -1: "right"}
VERTICAL = {0: "center", 1: "bottom", -1: "top"}


def place_labels(axes, points, names, colours):
    """Label points, each where it collides least; draws and freezes the layout.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes whose limits are final.
    points : list of (float, float)
        Positions in data coordinates.
    names, colours : list of str
        One per point.
    """
    figure = axes.figure
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    taken = [_around(centre) for centre in axes.transData.transform(points)]
    for point, name, colour in zip(points, names, colours, strict=True):
        labels = [_label(axes, point, name, colour, offset) for offset in OFFSETS]
        boxes = [_extent(figure, label) for label in labels]
        costs = [_cost(axes, box, taken) for box in boxes]
        chosen = int(np.argmin(costs))
        taken.append(boxes[chosen])
        for index, label in enumerate(labels):
            if index != chosen:
                label.remove()


def _around(centre, radius=6):
    from matplotlib.transforms import Bbox

    return Bbox([centre - radius, centre + radius])


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
