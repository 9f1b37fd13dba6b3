"""Who is who: parties become firms, by the numbers and accounts they share."""
