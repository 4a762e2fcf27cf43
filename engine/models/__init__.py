"""Networks. One file a model; each binds ``MODEL`` and builds without drawing random numbers itself."""

FIRST = ("small_cnn", "resnet18", "text_cnn", "minilm", "roberta_base", "mlp")
