# SPDX-License-Identifier: MIT
"""Makes of a table of figures in text, as benchmarks print it, a table with a chart of its ratios, as HTML."""
import html
import re

HEAD = re.compile(r"^operation\s{2,}")
MOST = 3.0  # where the chart ends; what is longer is cut off, with an arrow


def is_figures(lines):
    return bool(lines) and HEAD.match(lines[0]) is not None


def bar(ratio, span):
    """A drawing of a ratio from 0 to MOST with its span and a line at 1: how many times the time by hand."""
    def place(value):
        return round(100 * min(value, MOST) / MOST, 1)

    good = "good" if ratio <= 1.15 else "more"
    parts = [f'<rect class="{good}" x="0" y="3" width="{place(ratio)}" height="8"/>']
    if span:
        parts.append(f'<path class="span" d="M{place(span[0])} 7H{place(span[1])}"/>')
    parts.append(f'<path class="one" d="M{place(1)} 0V14"/>')
    if ratio > MOST:
        parts.append('<path class="beyond" d="M94 2l5 5-5 5"/>')
    return f'<svg viewBox="0 0 100 14" width="150" height="21" aria-hidden="true">{"".join(parts)}</svg>'


def table(lines):
    """The HTML of a table of figures: a line each for what was measured, both sides, the ratio and its span."""
    head = re.split(r"\s{2,}", lines[0].strip())
    is_factor = head[-1].startswith("times")
    rows = []
    for line in lines[1:]:
        if not line.strip():
            continue
        name, *cells = re.split(r"\s{2,}", line.strip())
        span = cells.pop() if cells and cells[-1].startswith("(") else ""
        ratio = cells.pop() if len(cells) > 2 else ""
        cells += [""] * (2 - len(cells))
        ends = [float(number) for number in re.findall(r"[\d.]*\d", span)]
        drawing = bar(float(ratio), ends if len(ends) == 2 else None) if ratio and not is_factor else ""
        text = f"{ratio} {span}".strip()
        rows.append("<tr><td>" + html.escape(name) + "</td>" +
                    "".join(f"<td>{html.escape(cell)}</td>" for cell in [*cells[:2], text]) +
                    ("" if is_factor else f"<td>{drawing}</td>") + "</tr>")
    titles = [*head[:3], head[-1] if is_factor else "ratio (min .. max)"]
    heads = "".join(f"<th>{html.escape(title)}</th>" for title in titles)
    if not is_factor:
        heads += "<th>0 · <b>1</b> · 2 · 3</th>"
    return ('<div class="figures"><table class="ratios"><thead><tr>' + heads + "</tr></thead><tbody>\n" + "\n".join(rows) +
            "\n</tbody></table></div>\n")
