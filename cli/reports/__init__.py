"""Reports: files beside the normal output of a command, and what GitHub shows of a step."""
