"""Offers: for each need, the products that could meet it, cheapest first.

In: needs, obligations that are proven and free, members' surplus, funders' declared terms. Out: the
offers; an acceptance, which binds and is appended with the rows it rested on, and becomes a
contract, deeds and instructions. One file in `products/` is one product.
"""
