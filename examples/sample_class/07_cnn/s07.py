"""
base = "stub"
why = "Half done: networks and predictions, a loop that averages batches, nothing behind section 6."
rest = "zero"

[expected]
MLP = 3
make_loaders = 1.2857
predict_epoch = 0.5
train_epoch = 4.6667
predict_small_lenet = 1.5
SmallLeNet = 2
receptive_field = 2.25

[misconceptions]
make_loaders = "global_generator_seeded"
predict_epoch = "mean_of_means"
train_epoch = "mean_of_means"
predict_small_lenet = "no_biases"
receptive_field = "anything_accepted"
"""


# %% exercise="MLP"
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"sizes needs two numbers or more, not {sizes}")
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes, sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


# %% exercise="make_loaders"
def make_loaders(training, validation, *, batch_size, seed):
    torch.manual_seed(seed)
    a = DataLoader(TensorDataset(*training), batch_size=batch_size, shuffle=True)
    b = DataLoader(TensorDataset(*validation), batch_size=batch_size)
    return a, b


# %% exercise="predict_epoch"
def predict_epoch():
    return 3, 3.0


# %% exercise="train_epoch"
def train_epoch(model, loader, loss_function, optimiser, *, device="cpu"):
    model.train()
    losses = []
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimiser.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


# %% exercise="predict_small_lenet"
def predict_small_lenet():
    return [(6, 8, 8), (6, 4, 4), (16, 2, 2)], 64, 54 + 864 + 7680 + 10080 + 840


# %% exercise="SmallLeNet"
class SmallLeNet(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 3), nn.ReLU(), nn.Flatten(),
            nn.Linear(64, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        )  # fmt: skip


# %% exercise="receptive_field"
def receptive_field(layers):
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        size = size + (kernel_size - 1) * dilation * jump
        jump = jump * stride
    return size
