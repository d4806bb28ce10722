"""What is done to the persons in a home after they were read: erasure, rotation of the key, retention."""
