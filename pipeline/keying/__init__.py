"""What cannot be read goes to people: why a field is keyed, by how many, and what then stands."""
