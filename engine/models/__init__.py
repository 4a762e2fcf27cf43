"""Networks. One file a model; each binds ``MODEL`` and builds without drawing random numbers itself."""

FIRST = ("small_cnn", "resnet18", "text_cnn", "minilm", "roberta_base", "mlp", "resnet18_cifar", "resnet34",
         "vit_small", "mobilenet_v3", "image_mlp")
