"""Parts that several UBL documents share, as mapping tables in the schemas' order of elements.

Source: OASIS UBL 2.1, section 3.2 and the common library; EN 16931-3-2 for the BT numbers, which
the docstrings of `records.tables` give.
"""

from __future__ import annotations

from tailrace.formats.mapping import Entry, read_table, under

ADDRESS = read_table("""
cbc:StreetName                       party  street    text  first
cbc:AdditionalStreetName             party  street2   text  first
cbc:BuildingName                     party  building  text  first
cbc:BuildingNumber                   party  house     text  first
cbc:CityName                         party  town      text  first
cbc:PostalZone                       party  zone      text  first
cac:AddressLine/cbc:Line             party  lines     text  0..n
cac:Country/cbc:IdentificationCode   party  country   text  first
""")
PARTY = (
    *read_table("""
cbc:EndpointID                              party_identifier  endpoint         text  0..1
cbc:EndpointID/@schemeID                    party_identifier  endpoint_scheme  text  0..1
cac:PartyIdentification                     party_identifier  numbers          row   0..n
cac:PartyIdentification/cbc:ID              party_identifier  value            text  0..1
cac:PartyIdentification/cbc:ID/@schemeID    party_identifier  scheme           text  0..1
cac:PartyName/cbc:Name                      party             name             text  first
"""),
    *under("cac:PostalAddress", ADDRESS),
    *read_table("""
cac:PartyTaxScheme                          party_identifier  taxes        row   0..n
cac:PartyTaxScheme/cbc:RegistrationName     party             legal_name   text  read
cac:PartyTaxScheme/cbc:CompanyID            party_identifier  value        text  0..1
cac:PartyTaxScheme/cac:TaxScheme/cbc:ID     party_identifier  scheme       text  0..1
cac:PartyTaxScheme/cac:TaxScheme/cbc:TaxTypeCode  party_identifier  type   text  read
cac:PartyLegalEntity                        party_identifier  legal        row   0..n
cac:PartyLegalEntity/cbc:RegistrationName   party             legal_name   text  0..1
cac:PartyLegalEntity/cbc:CompanyID          party_identifier  value        text  0..1
cac:PartyLegalEntity/cbc:CompanyID/@schemeID  party_identifier  scheme     text  0..1
cac:Contact/cbc:ElectronicMail              party_identifier  email        text  first
"""),
)


def role_of(element: str, role: str, inside: str = "", account: str = "") -> tuple[Entry, ...]:
    """A party in a part of the trade, and the number the other side knows it by."""
    entries = [Entry(element, "party", role, "row", "0..1")]
    if account:
        path = f"{element}/cbc:{account}"
        entries.append(Entry(path, "party_identifier", "customer", "text", "0..1"))
    return (*entries, *under(f"{element}{inside}", PARTY))


def supplier(element: str, role: str = "seller") -> tuple[Entry, ...]:
    return role_of(f"cac:{element}", role, "/cac:Party", "CustomerAssignedAccountID")


def customer(element: str, role: str = "buyer") -> tuple[Entry, ...]:
    return role_of(f"cac:{element}", role, "/cac:Party", "SupplierAssignedAccountID")


_DOCUMENT_REFERENCE = (
    *read_table("""
cbc:ID                reference  number     text  0..1
cbc:UUID              reference  uuid       text  0..1
cbc:IssueDate         reference  issued_on  day   0..1
cbc:DocumentTypeCode  reference  type       text  0..1
cac:Attachment        -          -          any   0..1
"""),
    *role_of("cac:IssuerParty", "issuer"),
)
_ORDER_REFERENCE = read_table("""
cbc:ID            reference  number     text  0..1
cbc:SalesOrderID  reference  sales      text  0..1
cbc:UUID          reference  uuid       text  0..1
cbc:IssueDate     reference  issued_on  day   0..1
""")


def refers(element: str, role: str) -> tuple[Entry, ...]:
    """A reference to another document."""
    path = f"cac:{element}"
    return (Entry(path, "reference", role, "row", "0..n"), *under(path, _DOCUMENT_REFERENCE))


ORDERS = (
    *read_table("cac:OrderReference  reference  orders  row  0..n"),
    *under("cac:OrderReference", _ORDER_REFERENCE),
)
DESPATCHES = refers("DespatchDocumentReference", "despatches")
RECEIPTS = refers("ReceiptDocumentReference", "receipts")
TENDERS = refers("OriginatorDocumentReference", "tenders")
CONTRACTS = refers("ContractDocumentReference", "contracts")
OTHERS = refers("AdditionalDocumentReference", "others")
BILLING = (
    *read_table("cac:BillingReference  reference  billing  row  0..n"),
    *under(
        "cac:BillingReference",
        refers("InvoiceDocumentReference", "invoices"),
        refers("CreditNoteDocumentReference", "credit_notes"),
        read_table("""
cac:BillingReferenceLine                                     reference   parts    row     0..n
cac:BillingReferenceLine/cbc:ID                              reference   to_line  text    0..1
cac:BillingReferenceLine/cbc:Amount                          allocation  amount   amount  0..1
cac:BillingReferenceLine/cac:AllowanceCharge                 allocation  cuts     row     0..n
cac:BillingReferenceLine/cac:AllowanceCharge/cbc:ChargeIndicator  allocation  charge  flag  1
cac:BillingReferenceLine/cac:AllowanceCharge/cbc:AllowanceChargeReason  allocation  reason  text  first
cac:BillingReferenceLine/cac:AllowanceCharge/cbc:Amount      allocation  amount   amount  1
"""),
    ),
)


def line_refers(element: str, role: str) -> tuple[Entry, ...]:
    """A reference to a line of another document."""
    path = f"cac:{element}"
    return (
        Entry(path, "reference", role, "row", "0..n"),
        Entry(f"{path}/cbc:LineID", "reference", "to_line", "text", "0..1"),
        *under(f"{path}/cac:DocumentReference", _DOCUMENT_REFERENCE),
    )


ORDER_LINES = (
    *read_table("""
cac:OrderLineReference                       reference  order_lines  row   0..n
cac:OrderLineReference/cbc:LineID            reference  to_line      text  0..1
cac:OrderLineReference/cbc:SalesOrderLineID  reference  sales_line   text  0..1
"""),
    *under("cac:OrderLineReference/cac:OrderReference", _ORDER_REFERENCE),
)
DESPATCH_LINES = line_refers("DespatchLineReference", "despatch_lines")
RECEIPT_LINES = line_refers("ReceiptLineReference", "receipt_lines")
LINE_DOCUMENTS = refers("DocumentReference", "others")

ANSWERS = (
    *read_table("""
cac:DocumentResponse                                        document   answers     row   0..n
cac:DocumentResponse/cac:Response/cbc:ResponseCode          document   code        text  0..1
cac:DocumentResponse/cac:Response/cbc:Description           document   reason      text  first
cac:DocumentResponse/cac:Response/cac:Status/cbc:StatusReason  document  status_reason  text  read
"""),
    *under("cac:DocumentResponse", refers("DocumentReference", "targets")),
    *under("cac:DocumentResponse", role_of("cac:IssuerParty", "seller")),
    *under("cac:DocumentResponse", role_of("cac:RecipientParty", "buyer")),
    *read_table("""
cac:DocumentResponse/cac:LineResponse/cac:Response/cbc:ResponseCode  document  line_codes  text  read..n
"""),
)

HEAD = read_table("""
ext:UBLExtensions  -         -          any   0..1
cbc:ID             document  number     text  1
cbc:UUID           document  uuid       text  0..1
cbc:IssueDate      document  issued_on  day   1
""")
DELIVERY = (
    *read_table("""
cac:Delivery                                     document          deliveries       row   0..n
cac:Delivery/cbc:ActualDeliveryDate              document          delivered_on     day   0..1
cac:Delivery/cac:DeliveryLocation/cbc:ID         party_identifier  location         text  0..1
cac:Delivery/cac:DeliveryLocation/cbc:ID/@schemeID  party_identifier  location_scheme  text  0..1
"""),
    *under("cac:Delivery/cac:DeliveryLocation/cac:Address", ADDRESS),
    *under("cac:Delivery", role_of("cac:DeliveryParty", "ship_to")),
)
MEANS = read_table("""
cac:PaymentMeans                                   document  means         row   0..n
cac:PaymentMeans/cbc:PaymentMeansCode              document  code          text  0..1
cac:PaymentMeans/cbc:PaymentDueDate                document  due_on        day   0..1
cac:PaymentMeans/cbc:InstructionNote               payment   instruction   text  first
cac:PaymentMeans/cbc:PaymentID                     document  payment_ref   text  first
cac:PaymentMeans/cac:PayerFinancialAccount/cbc:ID  payment   payer         text  0..1
cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID  document  payee_account  text  0..1
""")
TERMS = read_table("""
cac:PaymentTerms/cbc:Note            document  terms         text  0..n
cac:PaymentTerms/cbc:PaymentDueDate  document  terms_due_on  day   read
""")
ALLOWANCES = read_table("""
cac:AllowanceCharge                                allowance_charge  allowances   row     0..n
cac:AllowanceCharge/cbc:ChargeIndicator            allowance_charge  charge       flag    1
cac:AllowanceCharge/cbc:AllowanceChargeReasonCode  allowance_charge  reason_code  text    0..1
cac:AllowanceCharge/cbc:AllowanceChargeReason      allowance_charge  reason       text    first
cac:AllowanceCharge/cbc:MultiplierFactorNumeric    allowance_charge  factor       number  0..1
cac:AllowanceCharge/cbc:Amount                     allowance_charge  amount       amount  1
cac:AllowanceCharge/cbc:BaseAmount                 allowance_charge  base         amount  0..1
""")
_CATEGORY = "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"
TAXES = read_table(f"""
cac:TaxTotal                                   document      taxes      row     0..n
cac:TaxTotal/cbc:TaxAmount                     document      tax_total  amount  0..1
cac:TaxTotal/cac:TaxSubtotal                   tax_subtotal  subtotals  row     0..n
cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount  tax_subtotal  taxable   amount  0..1
cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount     tax_subtotal  tax        amount  0..1
cac:TaxTotal/cac:TaxSubtotal/cbc:Percent       tax_subtotal  rate       number  read
{_CATEGORY}/cbc:ID                             tax_subtotal  category   text    0..1
{_CATEGORY}/cbc:Percent                        tax_subtotal  percent    number  0..1
{_CATEGORY}/cbc:TaxExemptionReasonCode         tax_subtotal  reason_code  text  0..1
{_CATEGORY}/cbc:TaxExemptionReason             tax_subtotal  reason     text    first
{_CATEGORY}/cac:TaxScheme/cbc:ID               tax_subtotal  scheme     text    0..1
""")
TOTALS = read_table("""
cbc:LineExtensionAmount    document  line_total       amount  0..1
cbc:TaxExclusiveAmount     document  tax_exclusive    amount  0..1
cbc:TaxInclusiveAmount     document  tax_inclusive    amount  0..1
cbc:AllowanceTotalAmount   document  allowance_total  amount  0..1
cbc:ChargeTotalAmount      document  charge_total     amount  0..1
cbc:PrepaidAmount          document  prepaid          amount  0..1
cbc:PayableRoundingAmount  document  rounding         amount  0..1
cbc:PayableAmount          document  payable          amount  0..1
""")
ITEM = read_table("""
cac:Item/cbc:Description                            line  description        text    read
cac:Item/cbc:Name                                   line  item_name          text    first
cac:Item/cac:BuyersItemIdentification/cbc:ID        line  buyer_item_ref     text    first
cac:Item/cac:SellersItemIdentification/cbc:ID       line  seller_item_ref    text    first
cac:Item/cac:StandardItemIdentification/cbc:ID      line  standard_item_ref  text    first
cac:Item/cac:ClassifiedTaxCategory/cbc:ID           line  tax_category       text    first
cac:Item/cac:ClassifiedTaxCategory/cbc:Percent      line  tax_rate           number  first
cac:Item/cac:ClassifiedTaxCategory/cac:TaxScheme/cbc:ID  line  tax_scheme    text    first
""")
LINE_TAX = read_table(f"""
{_CATEGORY}/cbc:ID       line  old_tax_category  text    read
{_CATEGORY}/cbc:Percent  line  old_tax_rate      number  read
""")
PRICE = read_table("""
cac:Price/cbc:PriceAmount              line  price                number  0..1
cac:Price/cbc:PriceAmount/@currencyID  line  price_currency       text    0..1
cac:Price/cbc:BaseQuantity             line  price_base_quantity  number  0..1
cac:Price/cbc:BaseQuantity/@unitCode   line  base_unit            text    0..1
""")


def counted(quantity: str, column: str = "quantity", unit: str = "unit") -> tuple[Entry, ...]:
    return (
        Entry(f"cbc:{quantity}", "line", column, "number", "0..1"),
        Entry(f"cbc:{quantity}/@unitCode", "line", unit, "text", "0..1"),
    )


LINE_HEAD = read_table("""
cbc:ID    line  line_ref  text  1
cbc:Note  line  note      text  first
""")
NET = read_table("cbc:LineExtensionAmount  line  net  amount  0..1")
DELIVERED = read_table("cac:Delivery/cbc:ActualDeliveryDate  line  delivered_on  day  first")
PERIOD = read_table("""
cac:InvoicePeriod/cbc:StartDate  document  period_from  day  first
cac:InvoicePeriod/cbc:EndDate    document  period_to    day  first
""")
DISCREPANCY = read_table("""
cac:DiscrepancyResponse/cbc:ReferenceID   reference  disputed     text  first
cac:DiscrepancyResponse/cbc:ResponseCode  line       reject_code  text  read
cac:DiscrepancyResponse/cbc:Description   line       reject_text  text  first
""")


def lines(element: str, *tables: tuple[Entry, ...]) -> tuple[Entry, ...]:
    path = f"cac:{element}"
    return (Entry(path, "line", "lines", "row", "0..n"), *under(path, *tables))


CURRENCIES = read_table("""
cbc:DocumentCurrencyCode  document  currency      text  0..1
cbc:TaxCurrencyCode       document  tax_currency  text  0..1
""")
