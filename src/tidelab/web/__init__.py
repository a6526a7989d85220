"""What pages share: database and its migrations, sign-in by personal link, layout, limits, security headers, the server."""
