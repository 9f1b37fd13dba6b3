"""Network: proven claims become obligations; cycles of debt are cleared without money.

In: claims and verdicts, set-offs already adopted, what is held (sold or instructed). Out: the
obligations, an exact clearing with its certificate, its cycles and a notice for each party.
Outlook and offers rely on what remains; the ledger books what was set off.
"""

