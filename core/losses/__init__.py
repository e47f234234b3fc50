"""The losses of metric learning: one file per family, one plain function per loss, one value per item."""
