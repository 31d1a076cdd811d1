"""Real plugins that misbehave, each in one way; and one that is well. They are loaded as files."""
