"""As much of torch as the README uses, on NumPy: tensors are arrays."""


def from_numpy(array):
    return array
