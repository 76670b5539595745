"""Equations as MathML, which browsers draw themselves: no script, no network."""

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.errors import ExtensionError

CONVERTER = LatexToMathML()


def convert(latex, display):
    r"""Turn LaTeX into MathML.

    Several lines (``\\``) or columns (``&``) outside an environment are aligned, as
    Sphinx has always taken them.
    """
    if display and "\\begin{" not in latex and ("\\\\" in latex or "&" in latex):
        latex = rf"\begin{{aligned}}{latex}\end{{aligned}}"
    try:
        return CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        raise ExtensionError(f"no MathML for the equation {latex!r}: {error}") from None


def visit_inline(self, node):
    """Write an equation within a line."""
    self.body.append(convert(node.astext(), display=False))
    raise nodes.SkipNode


def visit_block(self, node):
    """Write an equation of its own."""
    equation = convert(node.astext(), display=True)
    self.body.append(f'<div class="math-block">{equation}</div>\n')
    raise nodes.SkipNode


def setup(app):
    """Register the renderer; ``html_math_renderer = "mathml"`` chooses it."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
