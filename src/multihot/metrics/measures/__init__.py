"""Formulas: pure functions from counts, ranks or probabilities to what a figure is made of, one file a family."""
