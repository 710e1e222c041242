"""The skills of the pocket model: each function adds a few turns to a dialogue."""
