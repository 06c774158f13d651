"""What a measurement amounts to: units, conditions, ladders and the judge; pure, no input or output, no clock."""
