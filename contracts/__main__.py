"""`python -m contracts`: write the generated documents, each into its place."""

from contracts.documents import documents

if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
