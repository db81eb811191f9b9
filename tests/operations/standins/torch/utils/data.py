"""As much of torch.utils.data as the README uses."""


class DataLoader:
    def __init__(self, dataset, *, batch_size, collate_fn):
        self.dataset = dataset
        self.batch_size = batch_size
        self.collate_fn = collate_fn

    def __iter__(self):
        for start in range(0, len(self.dataset), self.batch_size):
            yield self.collate_fn(self.dataset[start : start + self.batch_size])
