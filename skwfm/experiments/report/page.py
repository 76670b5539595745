"""One self-contained HTML page: what was compared, the results, their meaning."""

import base64
import html
from string import Template

from skwfm._shown import shown
from skwfm.experiments.report import landscape_wording
from skwfm.experiments.report.wording import (
    FIGURE_TEXT,
    WIDE_FLAT_MINIMA,
    columns,
    constant_balanced,
    duration,
    findings,
    notes,
    prepared,
    told_apart,
    written,
)

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; color: #22262b;
  background: #fff; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
.lead { color: #5a6068; margin: 0; }
.box { background: #eef4fa; border-left: 4px solid #1f6fb4; padding: .8rem 1.1rem;
  margin: 1.4rem 0; }
.box ul { margin: .2rem 0; padding-left: 1.1rem; }
.bad { background: #fbeeec; border-color: #b5402d; }
.notes { color: #5a6068; font-size: .92rem; padding-left: 1.1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem;
  font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .4rem .6rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid #e4e6e9; }
th { white-space: normal; vertical-align: bottom; color: #5a6068; font-weight: 600; }
th:first-child, td:first-child, td.text { text-align: left; }
td.text { white-space: normal; overflow-wrap: anywhere; }
tr.committee td:first-child { color: #1f6fb4; font-weight: 600; }
tr.baseline td { color: #b5402d; }
.error { color: #7a7f87; font-size: .85em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; }
dt { font-weight: 600; } dd { margin: 0; }
figure { margin: 1.2rem 0 2rem; }
img { width: 46rem; max-width: 100%; height: auto; display: block; }
figcaption { color: #5a6068; font-size: .92rem; margin-top: .4rem; }
code { font-size: .88em; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { display: block; } dd { margin: 0 0 .6rem; } }
</style>
</head>
<body>
<h1>$title</h1>
<p class="lead">$subtitle</p>
$findings
<h2>Results</h2>
<div class="wide">$table</div>
<ul class="notes">$table_note</ul>
<h2>How to read the table</h2>
$columns
<h2>What wide flat minima have to do with it</h2>
$explanation
$landscapes
<h2>Figures</h2>
$figures
<h2>How it was run</h2>
$settings
</body>
</html>
""")


def render(comparison, figures):
    """Return the page as HTML that refers to nothing outside itself.

    `figures` are PNG images by name.
    """
    summary = comparison.summary()
    return _PAGE.substitute(
        title=_escape(_title(comparison)),
        subtitle=_escape(_subtitle(comparison)),
        findings=_findings(comparison, summary),
        table=_table(comparison, summary),
        table_note=_items(notes(comparison, summary)),
        columns=_definitions(columns(comparison)),
        landscapes=_landscapes(comparison, summary),
        explanation="".join(f"<p>{_prose(text)}</p>" for text in WIDE_FLAT_MINIMA),
        figures=_figures(comparison, figures),
        settings=_how(comparison),
    )


def _escape(text):
    return html.escape(str(text))


def _title(comparison):
    return f"Learning {comparison.settings['data']}: wide flat minima against the rest"


def _subtitle(comparison):
    s = comparison.settings
    return (
        f"{len(s['algorithms'])} algorithms learn to tell {told_apart(s['classes'])} "
        f"from {s['n_train']} examples and are tested on "
        f"{s['n_test']} others, {len(s['seeds'])} times over. Does it help to look for "
        "wide, flat solutions (eLAL, ceSGD) instead of taking the first found (LAL)?"
    )


def _prose(text):
    """Escape a sentence and keep its numbers, errors and units on one line."""
    joined = text.replace(" ± ", "\u00a0±\u00a0").replace(" %", "\u00a0%")
    return _escape(joined)


def _items(sentences):
    return "".join(f"<li>{_prose(sentence)}</li>" for sentence in sentences)


def _findings(comparison, summary):
    boxes = [f'<div class="box"><ul>{_items(findings(comparison, summary))}</ul></div>']
    failures = [
        f"{row['algorithm']} failed in {row['n_failed']} of {row['n_runs']} runs: "
        f"{'; '.join(row['reasons'])}"
        for row in summary
        if row["n_failed"]
    ]
    if failures:
        boxes.append(f'<div class="box bad"><ul>{_items(failures)}</ul></div>')
    return "".join(boxes)


_HEADINGS = (
    "algorithm",
    "test accuracy (%)",
    "balanced accuracy (%)",
    "accuracy gain on {} (points)",
    "training errors",
    "epochs",
    "seconds",
)


def _table(comparison, summary):
    headings = [heading.format(comparison.reference) for heading in _HEADINGS]
    rows = "".join(_row(row) for row in summary)
    constant = 100 * comparison.settings["constant_accuracy"]
    chance = 100 * constant_balanced(comparison.settings)
    baseline = (
        f'<tr class="baseline"><td>constant answer</td>'
        f"<td>{constant:.1f}</td><td>{chance:.1f}</td>{4 * '<td>–</td>'}</tr>"
    )
    return _assembled(headings, rows + baseline)


def _landscapes(comparison, summary):
    """The section on measures, empty if nothing was measured."""
    if not comparison.settings["measures"]:
        return ""
    headings = [
        f"{name} ({unit})" if unit else name
        for name, unit in landscape_wording.headings(comparison)
    ]
    rows = "".join(
        _cells_of(row, landscape_wording.cells(comparison, row))
        for row in summary
        if row["n_failed"] < row["n_runs"]
    )
    return (
        "<h2>Landscapes around the solutions</h2>"
        f'<div class="wide">{_assembled(["algorithm", *headings], rows)}</div>'
        f'<ul class="notes">{_items(landscape_wording.notes(comparison, summary))}</ul>'
        f"{_definitions(landscape_wording.explained(comparison))}"
    )


def _assembled(headings, rows):
    head = "".join(f"<th>{_escape(heading)}</th>" for heading in headings)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(row):
    name = _escape(row["algorithm"])
    if row["n_failed"] == row["n_runs"]:
        reason = _escape("; ".join(row["reasons"]))
        cell = f'<td class="text" colspan="6">failed: {reason}</td>'
        return f"<tr><td>{name}</td>{cell}</tr>"
    cells = (
        written(row["test_accuracy"], 1, 100),
        written(row["balanced_accuracy"], 1, 100),
        written(row["test_accuracy_gain"], 1, 100, sign=True),
        written(row["n_train_errors"], 1),
        written(row["n_epochs"], 0),
        duration(row["seconds"]),
    )
    return _cells_of(row, cells)


def _cells_of(row, cells):
    name = _escape(row["algorithm"])
    if row["n_failed"]:
        name += f' <span class="error">({row["n_failed"]} failed)</span>'
    body = "".join(f"<td>{_cell(cell)}</td>" for cell in cells)
    return f'<tr class="{row["family"]}"><td>{name}</td>{body}</tr>'


def _cell(text):
    value, separator, error = text.partition(" ± ")
    if not separator:
        return _escape(value)
    return f'{_escape(value)} <span class="error">± {_escape(error)}</span>'


def _definitions(pairs):
    items = "".join(
        f"<dt>{_escape(name)}</dt><dd>{_prose(text)}</dd>" for name, text in pairs
    )
    return f"<dl>{items}</dl>"


def _figures(comparison, figures):
    texts = FIGURE_TEXT | landscape_wording.figure_text(comparison)
    return "".join(_figure(png, *texts[name]) for name, png in figures.items())


def _figure(png, title, caption):
    encoded = base64.b64encode(png).decode()
    return (
        f'<figure><img alt="{_escape(title)}" src="data:image/png;base64,{encoded}">'
        f"<figcaption><strong>{_escape(title)}.</strong> {_escape(caption)}"
        "</figcaption></figure>"
    )


def _how(comparison):
    items = "".join(
        f"<dt>{_escape(name)}</dt><dd>{_escape(entry['settings'])}: "
        f"<code>{_escape(_call(entry))}</code></dd>"
        for name, entry in comparison.settings["algorithms"].items()
    )
    cpu = comparison.cpu
    versions = ", ".join(f"{k} {v}" for k, v in comparison.versions.items())
    machine = f"{cpu['model']}, {cpu['cores']} cores, {cpu['system']}. {versions}."
    seeds = comparison.settings["seeds"]
    text = (
        f"{prepared(comparison.settings)}"
        f"Seeds {seeds[0]} to {seeds[-1]} draw the split and are each algorithm's "
        "random_state. The same numbers, run by run, are in "
        "runs.csv and summary.json beside this page."
    )
    return f"<dl>{items}</dl><p>{_escape(text)}</p><p>{_escape(machine)}</p>"


# Parameters that do not change the result; seeds are listed separately.
_UNTOLD = {"n_jobs", "random_state", "verbose"}


def _call(entry):
    name = entry["class"].rpartition(".")[2]
    parameters = entry["parameters"].items()
    given = ", ".join(f"{k}={shown(v)}" for k, v in parameters if k not in _UNTOLD)
    return f"{name}({given})"
