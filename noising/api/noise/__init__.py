"""POST noise: batches of token sequences, as JSON, npy and safetensors."""
