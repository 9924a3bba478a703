"""The face detector: its data, augmentation, network, training, evaluation and export."""
