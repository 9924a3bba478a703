"""One kind of camera a file; all of them keep to `capture.source.FrameSource`."""
