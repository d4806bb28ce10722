"""The register of data-quality rules, gathered from every part of the product that declares some."""
