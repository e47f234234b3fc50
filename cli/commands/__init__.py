"""One thin file per command: read, one library call, deliver."""
