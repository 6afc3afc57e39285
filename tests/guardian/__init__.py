"""The guardian without Home Assistant: what is wrong, who is told, what is done."""
