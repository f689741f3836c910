"""Export of a trained composite: a program of tensors in a file of torch.export or of ONNX."""
