"""The story that `./dev up` plays: real processes, real sockets."""
