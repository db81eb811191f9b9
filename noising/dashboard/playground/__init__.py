"""The playground: a text, its tokens, and noise over them."""
