"""Past one machine: a real Dolt sql-server, spoken to over the MySQL protocol."""
