"""Polars as its user guide has it: lazy scans and expressions, no function of Python for a row; amounts are read as decimals and computed as integers of fen.

Reading and rules are a query each, so that the rules can be timed alone. See asked.py and terms.py.
"""

from __future__ import annotations

import time

import polars as pl

from benchmarks.peers.asked import CLAIM_FIELDS, INSTITUTION_FIELDS, Asked, asked, tell

HUNDREDTHS = pl.Decimal(20, 2)


def read(asked: Asked) -> pl.LazyFrame:
    """Grain: one row per claim of the clauses asked, with its institution and the terms of its clause; what cannot be read is null."""
    claims = pl.scan_csv(asked.claims, infer_schema=False).select(CLAIM_FIELDS)
    institutions = pl.scan_csv(asked.institutions, infer_schema=False).select(INSTITUTION_FIELDS)
    return (
        claims.filter(pl.col("clause").is_in([*asked.terms["clauses"]]))
        .join(institutions, on="uscc", how="left")
        .with_columns(
            *(_hundredths(name) for name in ("paid_in_capital_yuan", "floor_area_m2", "rent_paid_yuan")),
            *(pl.col(name).str.to_date("%Y-%m-%d", strict=False) for name in ("rent_from", "rent_to", "established_on")),
        )
    )


def _hundredths(name: str) -> pl.Expr:
    return (pl.col(name).cast(HUNDREDTHS, strict=False) * 100).cast(pl.Int64).alias(name)


def with_awards(claims: pl.LazyFrame, terms: dict) -> pl.LazyFrame:
    """Grain: one row per claim, with its award in fen."""
    open_from = pl.lit(terms["effective_from"]).str.to_date()
    award = pl.lit(None, pl.Int64)
    for clause, of in terms["clauses"].items():
        fits = (pl.col("established_on") >= open_from) & pl.col("sector").is_in(of["sectors"]) & pl.col("level").is_in(of["levels"])
        if of["origins"] is not None:
            fits &= pl.col("origin").is_in(of["origins"])
        award = pl.when(pl.col("clause") == clause).then(pl.when(fits).then(_amount(of, terms["benefit_months"])).when(~fits).then(0)).otherwise(award)
    return claims.select("claim_id", award.alias("award_fen"))


def _amount(of: dict, benefit_months: int) -> pl.Expr:
    if "bands" in of:
        capital = pl.col("paid_in_capital_yuan")
        amount = pl.when(capital.is_not_null()).then(0)
        for lower, award in of["bands"]:
            amount = pl.when(capital >= 100 * lower).then(100 * award).otherwise(amount)
        return amount
    if "flat_yuan" in of:
        return pl.lit(100 * of["flat_yuan"])
    bought = _half_up(of["price_yuan"] * 100 * pl.col("floor_area_m2"), pl.lit(100))
    return pl.when(pl.col("tenure") == "purchase").then(bought).when(pl.col("tenure") == "rent").then(_rent_share(of["rent_pct"], benefit_months))


def _rent_share(percent: int, benefit_months: int) -> pl.Expr:
    first, last, established_on = pl.col("rent_from"), pl.col("rent_to"), pl.col("established_on")
    benefit_ends = established_on.dt.offset_by(f"{benefit_months}mo")  # the first day without benefit
    days = (pl.min_horizontal(last.dt.offset_by("1d"), benefit_ends) - pl.max_horizontal(first, established_on)).dt.total_days()
    eligible = _half_up(pl.col("rent_paid_yuan") * pl.max_horizontal(days, 0), (last - first).dt.total_days() + 1)
    return _half_up(eligible * percent, pl.lit(100))


def _half_up(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    return (2 * numerator + denominator) // (2 * denominator)


def main() -> None:
    given = asked()
    claims = read(given).collect()
    started = time.perf_counter()
    answers = with_awards(claims.lazy(), given.terms).collect()
    seconds = time.perf_counter() - started
    answers.write_csv(given.answers)
    tell(seconds, "polars")


if __name__ == "__main__":
    main()
