"""Prompts are data: one folder per use of a language model; `bot.prompting` reads them."""
