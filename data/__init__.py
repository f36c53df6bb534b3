"""Evidence: captures of real servers, and the lab that makes them."""
