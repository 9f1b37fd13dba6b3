"""What the types, attributes and activities of a procure-to-pay log mean: the mapping, as data.

The first names in each list are those of the published SAP-like log (RWTH Aachen, Zenodo 8412920:
SAP table and field behind the word, as `NetPriceEKPONETPR` is EKPO-NETPR); the others are names
seen in other logs and in the OCEL 2.0 specification's example. Names are compared by letters and
digits alone, so `purchase_order` and `Purchase Order` are one. A log that lacks some is still read.
"""

from __future__ import annotations

# What an object is, by its type.
TYPES = {
    "order": ("purchase_order", "po", "order"),
    "receipt": ("goods receipt", "receipt"),
    "invoice": ("invoice receipt", "invoice", "supplier invoice"),
    "payment": ("payment",),
    "item": ("material", "item", "purchase order item", "po item"),
    "tender": ("quotation", "request for quotation"),
    "requisition": ("purchase_requisition", "requisition"),
}

# Which attribute of an object says what.
ORDER = {
    "buyer": ("PurchasingOrganizationEKKOEKORG", "purchasing organization", "company", "buyer"),
    "seller": ("VendorEKKOLIFNR", "vendor", "supplier", "seller"),
    "status_code": ("ReleaseStatusEKKOFRGZU", "release status", "status"),
    "currency": ("CurrencyEKKOWAERS", "currency"),
}
ORDERED = {  # an order that carries its one item itself
    "item_ref": ("po_product", "product"),
    "quantity": ("po_quantity", "quantity"),
    "price": ("po_price", "price"),
}
ITEM = {
    "item_ref": ("MaterialEKPOMATNR", "material number", "product", "sku", "name"),
    "quantity": ("QuantityEKPOMENGE", "quantity", "menge"),
    "price": ("NetPriceEKPONETPR", "net price", "price"),
    "unit": ("UnitEKPOMEINS", "unit"),
}
RECEIPT = {
    "movement": ("MovementTypeMSEGBWART", "movement type"),
    "day": ("PostingDateMKPFBLDAT", "PostingDateMKPFBUDAT", "posting date"),
}
INVOICE = {
    "payable": ("CreditAmountBSEGWRBTR", "AmountRBKPRMWWR", "amount", "invoice amount", "value"),
    "currency": ("CurrencyRBKPWAERS", "currency"),
    "day": ("PostingDateRBKPBUDAT", "posting date", "invoice date"),
}
PAYMENT = {
    "amount": ("AmountDMBTR", "AmountBSEGDMBTR", "amount", "payment amount", "value"),
    "currency": ("CurrencyBSEGWAERS", "currency"),
}
REVERSED = ("102", "122", "124")  # SAP movements that take goods out again

# The activity whose moment is the document's day.
ACTIVITIES = {
    "order": ("create purchase order",),
    "receipt": ("create goods receipt", "post goods receipt", "record goods receipt"),
    "invoice": ("create invoice receipt", "insert invoice", "record invoice receipt"),
    "payment": ("execute payment", "insert payment", "clear invoice"),
}
# The event attribute that names who did it.
ACTORS = (
    "resource",
    "user",
    "actor",
    "org:resource",
    "pr_creator",
    "pr_approver",
    "po_creator",
    "po_editor",
    "invoice_inserter",
    "invoice_blocker",
    "invoice_block_rem",
    "payment_inserter",
)
# The published log names no currency; amounts cannot be kept without one, so it is declared here
# and every log that relies on it says so in a Fault.
CURRENCY_UNSAID = "EUR"


def bare(name: str) -> str:
    """Return the letters and digits of a name, in lower case."""
    return "".join(c for c in name.casefold() if c.isalnum())


KIND_OF = {bare(name): kind for kind, names in TYPES.items() for name in names}


def kind_of_absent(object_id: str, qualifier: str | None) -> str:
    """Return what an object that is not in the log must be: by its id, else its part, else object.

    >>> kind_of_absent("invoice receipt:16", "Invoice Receipt of Goods Receipt")
    'invoice'
    """
    by_id = KIND_OF.get(bare(object_id.rsplit(":", 1)[0]))
    if by_id:
        return by_id
    words = bare(qualifier or "")
    starts = [name for name in KIND_OF if words.startswith(name)]
    return KIND_OF[max(starts, key=len)] if starts else "object"
