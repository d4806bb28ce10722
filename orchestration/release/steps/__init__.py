"""One module a product of a release; each step is a function of the build context that writes below its folder."""
