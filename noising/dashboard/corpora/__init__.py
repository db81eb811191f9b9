"""The pages of an account's own data: corpora and comparisons on them."""
