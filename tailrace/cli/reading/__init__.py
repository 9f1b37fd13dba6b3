"""What commands read beside a book: files of debts and of lenders, and rules; no verb lives here."""
