"""Tests of drives: reports, verdicts, identity, rounds."""
