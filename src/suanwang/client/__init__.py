"""Floor 5: a client of the API, over the same structs as the server."""
