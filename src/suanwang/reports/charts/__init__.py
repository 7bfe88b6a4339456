"""Chart specifications: Vega-Lite as plain data, one file a kind of chart, aggregated before drawing."""
