"""What travels over HTTP: requests and answers, shared by server and client. Versions are in the path."""
