"""The jobs of the infrastructure, a file for each subject."""
