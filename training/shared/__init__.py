"""What the training of emotion networks and of detectors share."""
