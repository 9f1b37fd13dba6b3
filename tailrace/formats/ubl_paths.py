"""Where UBL 2.0 to 2.3 keeps each column: a mapping table for each document that is read.

How a row's columns become the record model's is in `ubl_rows` (reading) and `ubl_records`
(writing); the parts the documents share are in `ubl_parts`.
Source: OASIS UBL 2.1, section 3.2; EN 16931-3-2.
"""

from __future__ import annotations

from tailrace.formats.mapping import Entry, Form, compiled, read_table, under
from tailrace.formats.ubl_parts import (
    ALLOWANCES,
    ANSWERS,
    BILLING,
    CONTRACTS,
    CURRENCIES,
    DELIVERED,
    DELIVERY,
    DESPATCH_LINES,
    DESPATCHES,
    DISCREPANCY,
    HEAD,
    ITEM,
    LINE_DOCUMENTS,
    LINE_HEAD,
    LINE_TAX,
    MEANS,
    NET,
    ORDER_LINES,
    ORDERS,
    OTHERS,
    PERIOD,
    PRICE,
    RECEIPT_LINES,
    RECEIPTS,
    TAXES,
    TENDERS,
    TERMS,
    TOTALS,
    counted,
    customer,
    lines,
    role_of,
    supplier,
)

URN = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC, _CBC = URN + "CommonAggregateComponents-2", URN + "CommonBasicComponents-2"
_EXT = URN + "CommonExtensionComponents-2"

# EN 16931 rules on the number of decimals, by the column that carries the amount.
DECIMALS = {
    "allowance_charge.amount": "BR-DEC-01",
    "allowance_charge.base": "BR-DEC-02",
    "document.line_total": "BR-DEC-09",
    "document.allowance_total": "BR-DEC-10",
    "document.charge_total": "BR-DEC-11",
    "document.tax_exclusive": "BR-DEC-12",
    "document.tax_total": "BR-DEC-13",
    "document.tax_inclusive": "BR-DEC-14",
    "document.prepaid": "BR-DEC-16",
    "document.rounding": "BR-DEC-17",
    "document.payable": "BR-DEC-18",
    "tax_subtotal.taxable": "BR-DEC-19",
    "tax_subtotal.tax": "BR-DEC-20",
    "line.net": "BR-DEC-23",
}


def _document(root: str, *tables: tuple[Entry, ...]) -> Form:
    namespaces = {"": f"{URN}{root}-2", "cac": _CAC, "cbc": _CBC, "ext": _EXT}
    entries = [entry for table in tables for entry in table]
    return compiled(
        entries, root=root, namespaces=namespaces, currency="currencyID", decimals=DECIMALS
    )


ORDER = _document(
    "Order",
    HEAD,
    read_table("""
cbc:OrderTypeCode      document  type_code  text  0..1
cbc:Note               document  note       text  first
"""),
    CURRENCIES,
    read_table("cbc:CustomerReference  document  buyer_ref  text  0..1"),
    TENDERS,
    OTHERS,
    read_table("""
cac:Contract                 reference  contracts  row   0..n
cac:Contract/cbc:ID          reference  number     text  0..1
cac:Contract/cbc:IssueDate   reference  issued_on  day   0..1
cac:ProjectReference         reference  projects   row   0..n
cac:ProjectReference/cbc:ID  reference  number     text  0..1
"""),
    customer("BuyerCustomerParty"),
    supplier("SellerSupplierParty"),
    DELIVERY,
    MEANS,
    TERMS,
    ALLOWANCES,
    TAXES,
    under("cac:AnticipatedMonetaryTotal", TOTALS),
    lines(
        "OrderLine",
        read_table("""
cbc:Note               line  order_line_note  text  read
cac:LineItem/cbc:ID    line  line_ref         text  1
cac:LineItem/cbc:Note  line  note             text  first
"""),
        under("cac:LineItem", counted("Quantity"), NET, DELIVERED, ALLOWANCES, PRICE, ITEM),
    ),
)

ORDER_RESPONSE = _document(
    "OrderResponse",
    HEAD,
    read_table("""
cbc:OrderResponseCode  document  status_code  text  0..1
cbc:Note               document  note         text  first
"""),
    CURRENCIES,
    read_table("cbc:CustomerReference  document  buyer_ref  text  0..1"),
    ORDERS,
    TENDERS,
    OTHERS,
    supplier("SellerSupplierParty"),
    customer("BuyerCustomerParty"),
    DELIVERY,
    MEANS,
    TERMS,
    ALLOWANCES,
    TAXES,
    under("cac:LegalMonetaryTotal", TOTALS),
    lines(
        "OrderLine",
        read_table("""
cbc:Note               line  order_line_note  text  read
cac:LineItem/cbc:ID    line  line_ref         text  1
cac:LineItem/cbc:Note  line  note             text  first
"""),
        under("cac:LineItem", counted("Quantity"), NET, DELIVERED, ALLOWANCES, PRICE, ITEM),
        ORDER_LINES,
    ),
)

ORDER_RESPONSE_SIMPLE = _document(
    "OrderResponseSimple",
    HEAD,
    read_table("""
cbc:Note               document  note       text  first
cbc:AcceptedIndicator  document  accepted   flag  0..1
cbc:RejectionNote      document  rejection  text  first
cbc:CustomerReference  document  buyer_ref  text  0..1
"""),
    ORDERS,
    OTHERS,
    supplier("SellerSupplierParty"),
    customer("BuyerCustomerParty"),
)

_SHIPMENT = (
    *read_table("cac:Shipment/cbc:ID  document  shipment_ref  text  first"),
    *under("cac:Shipment", DELIVERY),
)

DESPATCH = _document(
    "DespatchAdvice",
    HEAD,
    read_table("""
cbc:DocumentStatusCode      document  status_code  text  0..1
cbc:DespatchAdviceTypeCode  document  type_code    text  0..1
cbc:Note                    document  note         text  first
"""),
    ORDERS,
    OTHERS,
    supplier("DespatchSupplierParty", "despatcher"),
    customer("DeliveryCustomerParty", "receiver"),
    customer("BuyerCustomerParty"),
    supplier("SellerSupplierParty"),
    _SHIPMENT,
    lines(
        "DespatchLine",
        LINE_HEAD,
        counted("DeliveredQuantity"),
        counted("BackorderQuantity", "backorder_quantity", "backorder_unit"),
        read_table("cbc:OutstandingQuantity  line  outstanding_quantity  number  read"),
        ORDER_LINES,
        LINE_DOCUMENTS,
        ITEM,
        under("cac:Shipment", DELIVERED),
    ),
)

RECEIPT = _document(
    "ReceiptAdvice",
    HEAD,
    read_table("""
cbc:DocumentStatusCode     document  status_code  text  0..1
cbc:ReceiptAdviceTypeCode  document  type_code    text  0..1
cbc:Note                   document  note         text  first
"""),
    ORDERS,
    DESPATCHES,
    OTHERS,
    customer("DeliveryCustomerParty", "receiver"),
    supplier("DespatchSupplierParty", "despatcher"),
    customer("BuyerCustomerParty"),
    supplier("SellerSupplierParty"),
    _SHIPMENT,
    lines(
        "ReceiptLine",
        LINE_HEAD,
        counted("ReceivedQuantity"),
        counted("ShortQuantity", "short_quantity", "short_unit"),
        counted("RejectedQuantity", "rejected_quantity", "rejected_unit"),
        read_table("""
cbc:RejectReasonCode  line  reject_code   text  0..1
cbc:RejectReason      line  reject_text   text  first
cbc:ReceivedDate      line  delivered_on  day   0..1
"""),
        ORDER_LINES,
        DESPATCH_LINES,
        LINE_DOCUMENTS,
        ITEM,
    ),
)

INVOICE = _document(
    "Invoice",
    HEAD,
    read_table("""
cbc:DueDate          document  due_on        day   0..1
cbc:InvoiceTypeCode  document  type_code     text  0..1
cbc:Note             document  note          text  first
cbc:TaxPointDate     document  tax_point_on  day   0..1
"""),
    CURRENCIES,
    read_table("cbc:BuyerReference  document  buyer_ref  text  0..1"),
    PERIOD,
    ORDERS,
    BILLING,
    DESPATCHES,
    RECEIPTS,
    TENDERS,
    CONTRACTS,
    OTHERS,
    read_table("""
cac:ProjectReference         reference  projects  row   0..n
cac:ProjectReference/cbc:ID  reference  number    text  0..1
"""),
    supplier("AccountingSupplierParty"),
    customer("AccountingCustomerParty"),
    role_of("cac:PayeeParty", "payee"),
    DELIVERY,
    MEANS,
    TERMS,
    ALLOWANCES,
    TAXES,
    under("cac:LegalMonetaryTotal", TOTALS),
    lines(
        "InvoiceLine",
        LINE_HEAD,
        counted("InvoicedQuantity"),
        NET,
        PERIOD,
        ORDER_LINES,
        DESPATCH_LINES,
        RECEIPT_LINES,
        BILLING,
        LINE_DOCUMENTS,
        DELIVERED,
        ALLOWANCES,
        LINE_TAX,
        ITEM,
        PRICE,
        read_table("cac:SubInvoiceLine  line  lines  again  0..n"),
    ),
)

CREDIT_NOTE = _document(
    "CreditNote",
    HEAD,
    read_table("""
cbc:DueDate             document  due_on        day   read
cbc:TaxPointDate        document  tax_point_on  day   0..1
cbc:CreditNoteTypeCode  document  type_code     text  0..1
cbc:Note                document  note          text  first
"""),
    CURRENCIES,
    read_table("cbc:BuyerReference  document  buyer_ref  text  0..1"),
    PERIOD,
    read_table("cac:DiscrepancyResponse/cbc:ReferenceID  reference  disputed  text  read"),
    ORDERS,
    BILLING,
    DESPATCHES,
    RECEIPTS,
    CONTRACTS,
    OTHERS,
    TENDERS,
    supplier("AccountingSupplierParty"),
    customer("AccountingCustomerParty"),
    role_of("cac:PayeeParty", "payee"),
    DELIVERY,
    MEANS,
    TERMS,
    ALLOWANCES,
    TAXES,
    under("cac:LegalMonetaryTotal", TOTALS),
    lines(
        "CreditNoteLine",
        LINE_HEAD,
        counted("CreditedQuantity"),
        NET,
        PERIOD,
        ORDER_LINES,
        DISCREPANCY,
        DESPATCH_LINES,
        RECEIPT_LINES,
        BILLING,
        LINE_DOCUMENTS,
        DELIVERED,
        LINE_TAX,
        ALLOWANCES,
        ITEM,
        PRICE,
        read_table("cac:SubCreditNoteLine  line  lines  again  0..n"),
    ),
)

REMITTANCE = _document(
    "RemittanceAdvice",
    HEAD,
    read_table("""
cbc:Note                   document  note            text    first
cbc:DocumentCurrencyCode   document  currency        text    0..1
cbc:TotalPaymentAmount     payment   payable         amount  0..1
cbc:PaymentOrderReference  payment   end_to_end_ref  text    0..1
cbc:PayerReference         document  buyer_ref       text    0..1
"""),
    OTHERS,
    customer("AccountingCustomerParty"),
    supplier("AccountingSupplierParty"),
    role_of("cac:PayeeParty", "payee"),
    MEANS,
    lines(
        "RemittanceAdviceLine",
        read_table("""
cbc:ID                allocation  line_ref  text    1
cbc:Note              allocation  note      text    first
cbc:DebitLineAmount   allocation  debit     amount  0..1
cbc:CreditLineAmount  allocation  credit    amount  0..1
cbc:BalanceAmount     allocation  balance   amount  0..1
"""),
        BILLING,
        LINE_DOCUMENTS,
    ),
)

RESPONSE = _document(
    "ApplicationResponse",
    read_table("""
ext:UBLExtensions    -         -              any   0..1
cbc:CustomizationID  document  customization  text  0..1
cbc:ID               document  number         text  1
cbc:UUID             document  uuid           text  0..1
cbc:IssueDate        document  issued_on      day   1
cbc:Note             document  note           text  first
"""),
    role_of("cac:SenderParty", "sender"),
    role_of("cac:ReceiverParty", "addressee"),
    ANSWERS,
)

# By the root's local name: the form, and the kind of document it is.
ROOTS: dict[str, tuple[Form, str]] = {
    "Order": (ORDER, "order"),
    "OrderResponse": (ORDER_RESPONSE, "order_response"),
    "OrderResponseSimple": (ORDER_RESPONSE_SIMPLE, "order_response"),
    "DespatchAdvice": (DESPATCH, "despatch"),
    "ReceiptAdvice": (RECEIPT, "receipt"),
    "Invoice": (INVOICE, "invoice"),
    "CreditNote": (CREDIT_NOTE, "credit_note"),
    "RemittanceAdvice": (REMITTANCE, "remittance"),
    "ApplicationResponse": (RESPONSE, "response"),
}
BY_TAG = {form.tag: (form, kind) for form, kind in ROOTS.values()}
BY_KIND = {kind: form for name, (form, kind) in ROOTS.items() if name != "OrderResponseSimple"}
BY_KIND["acceptance"] = RESPONSE
