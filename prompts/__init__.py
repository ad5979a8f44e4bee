"""Prompts are data: one folder per use of a language model. This release needs none."""
