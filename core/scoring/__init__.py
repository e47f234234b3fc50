"""What `loss` needs beyond the formulas: what was asked for, scores of examples and batches, reduction, report."""
