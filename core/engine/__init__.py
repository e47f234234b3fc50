"""The engine: tiles of two sets of rows, scored approximately with proven bounds, reduced exactly."""
