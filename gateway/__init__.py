"""The write side: uploads and commands in, the page and the artifacts out."""
