"""A tokenizer service and a denoiser service, as small as they can be."""
