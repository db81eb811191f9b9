"""POST trajectory: one sequence at many timesteps, line by line or as a history."""
