"""TLS for people: the certificate's pair, and what a process does with a connection it decrypts."""
