"""Show: from clean tables to one folder of HTML."""
