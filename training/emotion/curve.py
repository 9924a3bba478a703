"""The learning curve of a run as a picture."""

from pathlib import Path


def draw_curve(history: list[dict[str, float]], path: Path) -> None:
    """Draw loss and validation accuracy by epoch to a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    epochs = [record["epoch"] for record in history]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [record["loss"] for record in history], label="training, with augmentation")
    left.plot(epochs, [record["validation_loss"] for record in history], label="validation")
    left.set(xlabel="epoch", ylabel="cross-entropy")
    left.legend()
    right.plot(epochs, [record["validation_accuracy"] * 100 for record in history], color="tab:green")
    right.set(xlabel="epoch", ylabel="validation accuracy, %")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
