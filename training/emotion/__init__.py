"""The emotion networks: their data, augmentation, training, evaluation and export."""
