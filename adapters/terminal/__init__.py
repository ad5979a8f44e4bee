"""The assistant in a terminal: the same own chat as on the web page."""
