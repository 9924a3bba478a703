"""An evaluation as a page to read: figures first, then pictures, then tables."""

from html import escape
from pathlib import Path
from typing import Any, Final

from training.emotion.plots import draw_plots

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; } .quiet { color: #666; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; margin: 1.5rem 0; }
.figures div { background: #f3f6fa; border-radius: .6rem; padding: .8rem 1rem; }
.figures b { display: block; font-size: 1.7rem; color: #27496d; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
img { width: 100%; } table { border-collapse: collapse; } td, th { padding: .25rem .9rem; text-align: right; }
th { border-bottom: 2px solid #27496d; } td:first-child, th:first-child { text-align: left; }
tr:nth-child(even) { background: #f3f6fa; } .warning { background: #fdecea; padding: .6rem 1rem; border-radius: .6rem; }
"""


def write_report(card: dict[str, Any], scores: dict[str, Any], folder: Path) -> Path:
    """Write ``index.html`` and its pictures into ``folder``; gives the page's path.

    ``card`` and ``scores`` are plain JSON: a card of an emotion network and what was measured of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = draw_plots(scores, folder)
    parts = [
        f"<h1>{escape(card['name'])}</h1>",
        f"<p class=quiet>{escape(card['summary'])} Measured on {scores['public_test']['images']:,} images "
        f"of FER2013's public test with the file {escape(scores['file'])}.</p>",
        _overfitting(scores),
        _figures(card, scores),
        "<div class=pictures>",
        *(f'<img src="{name}" alt="{name.removesuffix(".png")}">' for name in pictures),
        "</div>",
        "<h2>Labels</h2>",
        _classes(scores["public_test"]["per_class"]),
        "<h2>Damaged images</h2>",
        _robustness(scores["robustness"]),
        "<h2>What it must not be taken for</h2>",
        "<ul>" + "".join(f"<li>{escape(limit)}</li>" for limit in card["limits"]) + "</ul>",
    ]
    page = folder / "index.html"
    page.write_text(
        f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{escape(card['name'])}: evaluation</title>\n"
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n",
        encoding="utf-8",
    )
    return page


def _figures(card: dict[str, Any], scores: dict[str, Any]) -> str:
    test = scores["public_test"]
    low, high = test["accuracy_interval_95"]
    figures = {
        f"accuracy ({low:.1%} to {high:.1%} with 95 % certainty)": f"{test['accuracy']:.2%}",
        "macro-F1": f"{test['macro_f1']:.3f}",
        "calibration error, 15 bins": f"{test['calibration_error']:.3f}",
        "mean loss on damaged images": f"{100 * scores['robustness']['mean_drop']:.1f} points",
        f"parameters; {card['multiply_adds'] / 1e6:.0f} M multiply-adds": f"{card['parameters'] / 1e6:.2f} M",
    }
    if "votes" in test:
        divergence = test["votes"]["divergence"]
        figures[f"of the favourites of FER+'s voters (divergence {divergence:.2f})"] = (
            f"{test['votes']['accuracy']:.2%}"
        )
    if "without_duplicates" in test:
        alone = test["without_duplicates"]
        figures[f"accuracy on the {alone['images']:,} images without a copy in the training data"] = (
            f"{alone['accuracy']:.2%}"
        )
    boxes = "".join(f"<div><b>{value}</b>{escape(name)}</div>" for name, value in figures.items())
    return f"<div class=figures>{boxes}</div>"


def _overfitting(scores: dict[str, Any]) -> str:
    figures = scores.get("overfitting")
    if not figures:
        return ""
    words = f"Accuracy on training images {figures['training']:.1%}, on images held out {figures['validation']:.1%}."
    return f"<p class={'warning' if figures['overfitted'] else 'quiet'}>{words}</p>"


def _classes(per_class: dict[str, dict[str, float]]) -> str:
    rows = "".join(
        f"<tr><td>{emotion}<td>{each['precision']:.3f}<td>{each['recall']:.3f}<td>{each['f1']:.3f}<td>{each['images']}"
        for emotion, each in per_class.items()
    )
    return f"<table><tr><th>label<th>precision<th>recall<th>F1<th>images{rows}</table>"


def _robustness(robustness: dict[str, Any]) -> str:
    clean = robustness["clean"]
    rows = "".join(
        f"<tr><td>{escape(name)}<td>{share:.2%}<td>{100 * (share - clean):+.1f}"
        for name, share in robustness["damaged"].items()
    )
    return f"<table><tr><th>damage<th>accuracy<th>points{rows}</table>"
