"""What `compare` needs beyond the aggregates: inputs, token sets, nulls, intervals, report."""
