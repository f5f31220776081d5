"""Breaks a whole deployment at random under load, and checks afterwards that nothing was lost."""
