"""Floor 2: camera sources, their pacing, and publishing of frames."""
