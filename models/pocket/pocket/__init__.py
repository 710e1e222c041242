"""The pocket model of Parley: dialogue generator, tokenizer, training and export."""
