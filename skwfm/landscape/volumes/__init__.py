"""Local volumes of solutions: by message passing and by sampling."""
