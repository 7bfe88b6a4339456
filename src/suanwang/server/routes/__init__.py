"""The routes of the API, by noun. Each reads the request, asks the writer or the platform, and answers."""
