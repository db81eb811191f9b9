"""POST trajectory: one sequence at many timesteps, a line for each."""
