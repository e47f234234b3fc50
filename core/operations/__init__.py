"""The doors: one module per command, each with the one public function that it names. Exports nothing."""
