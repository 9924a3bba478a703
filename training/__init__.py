"""Layer 2: data sets, networks, training, evaluation and export."""
