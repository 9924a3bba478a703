"""An evaluation to read, as a page and as Markdown: figures first, then plots, then tables."""

from html import escape
from pathlib import Path
from typing import Any, Final

from training.emotion.goals import Figures, goal_table
from training.emotion.plots import draw_comparison, draw_plots
from training.emotion.steadiness import FRAMES, MOVE
from training.emotion.tables import Row, html_table, markdown_table

_LIMITS: Final = "What it must not be taken for"
_GOALS: Final = "What is wanted"
_MOVES: Final = (
    f"Frames: {FRAMES} of each face, shifted across, shifted down and zoomed by amounts from a normal distribution "
    f"with a standard deviation of {MOVE:.0%} of the side, bilinear. Voters: the images in which one of the seven "
    "labels has more of FER+'s ten votes than anything else. Behind a detector: the images enlarged, set into a "
    "surrounding, found and cut out as a photo's faces are. ✗: not reached."
)

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


def write_comparison(networks: dict[str, Figures], folder: Path) -> tuple[Path, Path]:
    """Write what is wanted beside what each of some networks does, and plots of all of them.

    Args:
        networks: what was measured, by name of the network; each has a report in a folder of its name.
        folder: where to write.

    Returns:
        The page ``index.html``, and ``README.md``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plots = draw_comparison(networks, folder)
    goals, title = goal_table(list(networks), list(networks.values())), "Networks side by side"
    links = [f'<a href="{name}/index.html">{escape(name)}</a>' for name in networks]
    page, summary = folder / "index.html", folder / "README.md"
    content = [
        f"<h1>{title}</h1>",
        f"<p>Reports: {', '.join(links)}</p>",
        html_table(goals),
        f"<p class=quiet>{escape(_MOVES)}</p>",
        _html_plots(plots),
    ]
    page.write_text(_whole_page(title, content), encoding="utf-8")
    reports = ", ".join(f"[{name}]({name}/README.md)" for name in networks)
    parts = [f"# {title}", f"Reports: {reports}", markdown_table(goals), _MOVES, _markdown_plots(plots)]
    summary.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
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
        _html_plots(plots),
        f"<h2>{_GOALS}</h2>",
        html_table(goal_table([card["name"]], [scores])),
        f"<p class=quiet>{escape(_MOVES)}</p>",
        "<h2>Labels</h2>",
        html_table(_classes(scores)),
        "<h2>Damaged images</h2>",
        html_table(_robustness(scores)),
        f"<h2>{_LIMITS}</h2>",
        "<ul>" + "".join(f"<li>{escape(limit)}</li>" for limit in card["limits"]) + "</ul>",
    ]
    return _whole_page(f"{card['name']}: evaluation", parts)


def _whole_page(title: str, parts: list[str]) -> str:
    return (
        f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{escape(title)}</title>\n"
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _html_plots(plots: list[str]) -> str:
    images = (f'<img src="{name}" alt="{name.removesuffix(".png")}">' for name in plots)
    return "\n".join(("<div class=plots>", *images, "</div>"))


def _markdown_plots(plots: list[str]) -> str:
    return "\n".join(f"![{name.removesuffix('.png')}]({name})" for name in plots)


def _summary(card: dict[str, Any], scores: dict[str, Any], plots: list[str]) -> str:
    parts = [
        f"# {card['name']}",
        _introduction(card, scores),
        _overfitting(scores),
        markdown_table([("measure", "value"), *_figures(card, scores)]),
        _markdown_plots(plots),
        f"## {_GOALS}",
        markdown_table(goal_table([card["name"]], [scores])),
        _MOVES,
        "## Labels",
        markdown_table(_classes(scores)),
        "## Damaged images",
        markdown_table(_robustness(scores)),
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
    clean, errors = scores["robustness"]["clean"], scores["robustness"]["calibration_error"]
    return [
        ("damage", "accuracy", "points", "calibration error"),
        *(
            (name, f"{share:.2%}", f"{100 * (share - clean):+.1f}", f"{errors[name]:.3f}")
            for name, share in scores["robustness"]["damaged"].items()
        ),
    ]
