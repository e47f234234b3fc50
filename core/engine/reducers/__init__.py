"""What becomes of the tiles of a sweep: a reducer per kind of answer."""
