"""Live cameras to viewers: one broadcast a camera, Motion JPEG, and the schemas of what is told of them."""
