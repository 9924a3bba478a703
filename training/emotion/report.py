"""An evaluation to read, as a page and as Markdown: figures first, then plots, then tables."""

from html import escape
from pathlib import Path
from typing import Any, Final

from training.emotion.plots import draw_plots

Row = tuple[str, ...]
"""Cells of a table; the first row is its head."""

_LIMITS: Final = "What it must not be taken for"

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; } .quiet { color: #666; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; margin: 1.5rem 0; }
.figures div { background: #f3f6fa; border-radius: .6rem; padding: .8rem 1rem; }
.figures b { display: block; font-size: 1.7rem; color: #27496d; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
img { width: 100%; } table { border-collapse: collapse; } td, th { padding: .25rem .9rem; text-align: right; }
th { border-bottom: 2px solid #27496d; } td:first-child, th:first-child { text-align: left; }
tr:nth-child(even) { background: #f3f6fa; } .warning { background: #fdecea; padding: .6rem 1rem; border-radius: .6rem; }
"""


def write_report(card: dict[str, Any], scores: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write an evaluation and its plots.

    Args:
        card: of an emotion network, as plain JSON.
        scores: what was measured of it, as ``training.emotion.commands.evaluate`` does.
        folder: where to write.

    Returns:
        The page ``index.html``, and ``README.md``, which repositories show with its plots.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plots = draw_plots(scores, folder)
    page, summary = folder / "index.html", folder / "README.md"
    page.write_text(_page(card, scores, plots), encoding="utf-8")
    summary.write_text(_summary(card, scores, plots), encoding="utf-8")
    return page, summary


def _page(card: dict[str, Any], scores: dict[str, Any], plots: list[str]) -> str:
    figures = "".join(f"<div><b>{value}</b>{escape(name)}</div>" for name, value in _figures(card, scores))
    overfitting = _overfitting(scores)
    style = "warning" if scores.get("overfitting", {}).get("overfitted") else "quiet"
    parts = [
        f"<h1>{escape(card['name'])}</h1>",
        f"<p class=quiet>{escape(_introduction(card, scores))}</p>",
        f"<p class={style}>{escape(overfitting)}</p>" if overfitting else "",
        f"<div class=figures>{figures}</div>",
        "<div class=plots>",
        *(f'<img src="{name}" alt="{name.removesuffix(".png")}">' for name in plots),
        "</div>",
        "<h2>Labels</h2>",
        _html_table(_classes(scores)),
        "<h2>Damaged images</h2>",
        _html_table(_robustness(scores)),
        f"<h2>{_LIMITS}</h2>",
        "<ul>" + "".join(f"<li>{escape(limit)}</li>" for limit in card["limits"]) + "</ul>",
    ]
    return (
        f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{escape(card['name'])}: evaluation</title>\n"
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _summary(card: dict[str, Any], scores: dict[str, Any], plots: list[str]) -> str:
    parts = [
        f"# {card['name']}",
        _introduction(card, scores),
        _overfitting(scores),
        _markdown_table([("measure", "value"), *_figures(card, scores)]),
        "\n".join(f"![{name.removesuffix('.png')}]({name})" for name in plots),
        "## Labels",
        _markdown_table(_classes(scores)),
        "## Damaged images",
        _markdown_table(_robustness(scores)),
        f"## {_LIMITS}",
        "\n".join(f"- {limit}" for limit in card["limits"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(card: dict[str, Any], scores: dict[str, Any]) -> str:
    images = scores["public_test"]["images"]
    return f"{card['summary']} Measured on {images:,} images of FER2013's public test with the file {scores['file']}."


def _figures(card: dict[str, Any], scores: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values of the figures that come first."""
    test = scores["public_test"]
    low, high = test["accuracy_interval_95"]
    figures = [
        (f"accuracy ({low:.1%} to {high:.1%} with 95 % certainty)", f"{test['accuracy']:.2%}"),
        ("macro-F1", f"{test['macro_f1']:.3f}"),
        ("calibration error, 15 bins", f"{test['calibration_error']:.3f}"),
        ("mean loss on damaged images", f"{100 * scores['robustness']['mean_drop']:.1f} points"),
        (f"parameters; {card['multiply_adds'] / 1e6:.0f} M multiply-adds", f"{card['parameters'] / 1e6:.2f} M"),
    ]
    if "votes" in test:
        divergence = test["votes"]["divergence"]
        figures.append(
            (f"of the favourites of FER+'s voters (divergence {divergence:.2f})", f"{test['votes']['accuracy']:.2%}")
        )
    if "without_duplicates" in test:
        alone = test["without_duplicates"]
        figures.append(
            (
                f"accuracy on the {alone['images']:,} images without a copy in the training data",
                f"{alone['accuracy']:.2%}",
            )
        )
    return figures


def _overfitting(scores: dict[str, Any]) -> str:
    figures = scores.get("overfitting")
    if not figures:
        return ""
    return f"Accuracy on training images {figures['training']:.1%}, on images held out {figures['validation']:.1%}."


def _classes(scores: dict[str, Any]) -> list[Row]:
    return [
        ("label", "precision", "recall", "F1", "images"),
        *(
            (emotion, f"{each['precision']:.3f}", f"{each['recall']:.3f}", f"{each['f1']:.3f}", str(each["images"]))
            for emotion, each in scores["public_test"]["per_class"].items()
        ),
    ]


def _robustness(scores: dict[str, Any]) -> list[Row]:
    clean = scores["robustness"]["clean"]
    return [
        ("damage", "accuracy", "points"),
        *(
            (name, f"{share:.2%}", f"{100 * (share - clean):+.1f}")
            for name, share in scores["robustness"]["damaged"].items()
        ),
    ]


def _html_table(rows: list[Row]) -> str:
    head, *body = rows
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}" for cell in head)]
    lines += ["<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) for row in body]
    return f"<table>{''.join(lines)}</table>"


def _markdown_table(rows: list[Row]) -> str:
    head, *body = rows
    alignment = ("---", *["---:"] * (len(head) - 1))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, alignment, *body))
