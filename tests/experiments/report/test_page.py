"""The page: complete, self-contained, safe, and right in a real browser."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skwfm.experiments import Contestant, Source, compare

EVIL = "<script>alert('$x_1$')</script>&"


class Links(HTMLParser):
    """Collects everything that could load something."""

    def __init__(self):
        super().__init__()
        self.targets, self.tags, self.images = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        values = dict(attributes)
        self.targets += [values[k] for k in ("src", "href", "data") if k in values]
        if tag == "img":
            self.images.append(values)


def parse(page):
    links = Links()
    links.feed(page)
    return links


@pytest.fixture
def committee():
    """A stand-in that records a learning curve, as committee machines do."""
    model = MLPClassifier(hidden_layer_sizes=(3,), max_iter=30)
    return Contestant("LAL", model, "committee", "stand-in")


@pytest.fixture
def comparison(source, cheap, committee):
    return compare(source, [*cheap, committee], n_seeds=3, n_jobs=1)


def test_page_is_self_contained(comparison, tmp_path):
    paths = comparison.write(tmp_path)
    page = paths[0].read_text(encoding="utf-8")
    links = parse(page)
    assert links.targets
    assert all(target.startswith("data:image/png;") for target in links.targets)
    assert not re.search(r"https?:|url\(|@import", page)
    assert {"script", "link", "iframe", "object"}.isdisjoint(links.tags)
    assert all(image["alt"] for image in links.images)
    names = {path.name for path in paths}
    assert names == {
        *("index.html", "runs.csv", "summary.json"),
        *("accuracy.png", "time.png", "learning.png", "noise_robustness_curve.png"),
        "measures_and_error.png",
    }
    assert len(links.images) == 5


def test_page_shows_the_numbers_of_the_summary(comparison):
    from skwfm.experiments.report.page import render

    page = re.sub(r"<[^>]+>", "", render(comparison, {})).replace("\u00a0", " ")
    for entry in comparison.summary():
        score = entry["balanced_accuracy"]
        mean, error = 100 * score["mean"], 100 * score["standard_error"]
        assert f"{entry['algorithm']}" in page
        assert f"{mean:.1f} ± {error:.1f}" in page
    assert "66.7 %" in page  # the constant answer
    assert "standard error" in page.lower()
    assert "Every input is standardised" in page


def test_verdict_needs_two_standard_errors():
    from skwfm.experiments.report.wording import _against

    def row(mean, error):
        gain = {"mean": mean, "standard_error": error}
        return {
            "algorithm": "eLAL",
            "test_accuracy_gain": gain,
            "balanced_accuracy_gain": gain,
        }

    assert _against(row(0.05, 0.01), "LAL").startswith("eLAL beats LAL by 5.0 ± 1.0")
    assert _against(row(-0.05, 0.01), "LAL").startswith("eLAL is behind LAL by 5.0 ±")
    assert _against(row(0.019, 0.01), "LAL").startswith("No clear winner")
    assert _against(row(0.05, None), "LAL").startswith("No clear winner")
    mixed = {**row(0.05, 0.01), "balanced_accuracy_gain": row(-0.2, 0.01)}
    mixed["balanced_accuracy_gain"] = {"mean": -0.2, "standard_error": 0.01}
    assert "+5.0 ± 1.0 points" in _against(mixed, "LAL")
    assert "−20.0 ± 1.0 of balanced" in _against(mixed, "LAL")


def test_names_of_the_user_are_escaped(source, tmp_path):
    hostile = Source(EVIL, source.X, np.where(source.y == "yes", EVIL, "no"))
    failing = Contestant(EVIL + "2", LogisticRegression(C=-1))
    result = compare(hostile, [Contestant(EVIL, SVC()), failing], n_seeds=2, n_jobs=1)
    paths = result.write(tmp_path)
    page = paths[0].read_text(encoding="utf-8")
    assert "script" not in parse(page).tags
    assert "&lt;script&gt;" in page
    assert "failed in 2 of 2 runs" in page


def test_page_when_everything_failed(source, tmp_path):
    failing = Contestant("broken", LogisticRegression(C=-1))
    paths = compare(source, [failing], n_seeds=1, n_jobs=1).write(tmp_path)
    assert "No algorithm finished a run" in paths[0].read_text(encoding="utf-8")
    assert len(paths) == 3


def test_single_seed_has_no_error_bars(source, cheap, tmp_path):
    result = compare(source, cheap, n_seeds=1, n_jobs=1)
    assert result.summary()[0]["balanced_accuracy"]["standard_error"] is None
    assert result.write(tmp_path)


def test_labels_of_near_points_keep_clear_of_each_other():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from skwfm.experiments.report.labels import place_labels

    figure = Figure(figsize=(7, 4))
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 10))
    points = [(5, 5), (5.3, 5.1), (9.9, 9)]
    place_labels(axes, points, ["first", "second", "at the edge"], ["k"] * 3)
    boxes = [text.get_window_extent(renderer) for text in axes.texts]
    assert len(boxes) == 3
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:index])
        for centre in axes.transData.transform(points):
            assert not box.contains(*centre)
    assert boxes[2].x1 <= axes.bbox.x1


PROBE = """<script>window.onload = () => {
  const images = [...document.images].map(i => [i.complete, i.naturalWidth]);
  const page = document.documentElement;
  const result = {images, page: page.scrollWidth, window: page.clientWidth};
  document.body.dataset.probe = JSON.stringify(result);
};</script></body>"""


def browse(path, tmp_path, width):
    """Open a page of the given width in Chromium and return what it measured."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    page = path.read_text(encoding="utf-8")
    probed = path.with_name("probed.html")
    probed.write_text(page.replace("</body>", PROBE), encoding="utf-8")
    frame = f'<iframe src="probed.html" width="{width}" height="900"></iframe>'
    # Chromium's window cannot be as narrow as a telephone; a frame can.
    relay = """<script>window.onload = () => setTimeout(() => {
      const inner = document.querySelector("iframe").contentDocument;
      document.body.dataset.probe = inner.body.dataset.probe; }, 200);</script>"""
    outer = path.with_name("outer.html")
    outer.write_text(f"<!DOCTYPE html><body>{frame}{relay}</body>")
    command = (
        chromium,
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", "--disable-quic", "--allow-file-access-from-files"),
        *("--window-size=1400,1000", "--virtual-time-budget=5000", "--dump-dom"),
        f"--user-data-dir={tmp_path / 'profile'}",
        outer.as_uri(),
    )
    dom = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    found = re.search(r'<body data-probe="([^"]*)"', dom)
    assert found, dom[-2000:]
    return json.loads(found[1].replace("&quot;", '"'))


@pytest.mark.parametrize("width", [1200, 400])
def test_page_in_a_browser(comparison, tmp_path, width):
    (path, *_) = comparison.write(tmp_path)
    seen = browse(path, tmp_path, width)
    assert len(seen["images"]) == 5
    assert all(complete and natural > 100 for complete, natural in seen["images"])
    assert width - 40 <= seen["window"] <= width
    assert seen["page"] <= seen["window"]  # nothing sticks out sideways
