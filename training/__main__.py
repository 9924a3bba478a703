"""``python -m training``: fit, distill, evaluate, export, prune."""

import logging
import os
import sys

if __name__ == "__main__":
    # Before TensorFlow is loaded: it writes pages of start-up messages otherwise.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    logging.getLogger("absl").setLevel(logging.ERROR)
    from training.cli import main

    sys.exit(main(sys.argv[1:], os.environ))
