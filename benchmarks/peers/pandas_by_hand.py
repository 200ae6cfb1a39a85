"""Pandas as its user guide has it: read_csv with the columns that are needed, merge, whole columns at a time, no apply; amounts as integers of fen.

A cell's yuan are read as a binary number and rounded to fen at once, which is exact up to 90 trillion yuan. See asked.py and terms.py.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from benchmarks.peers.asked import CLAIM_FIELDS, INSTITUTION_FIELDS, Asked, asked, tell

AMOUNTS = ("paid_in_capital_yuan", "floor_area_m2", "rent_paid_yuan")
DAYS = ("rent_from", "rent_to", "established_on")


def read(asked: Asked) -> pd.DataFrame:
    """Grain: one row per claim of the clauses asked, with its institution; what cannot be read is missing."""
    claims = pd.concat([pd.read_csv(path, usecols=CLAIM_FIELDS, dtype="str", engine="pyarrow") for path in asked.claims], ignore_index=True)
    institutions = pd.concat([pd.read_csv(path, usecols=INSTITUTION_FIELDS, dtype="str", engine="pyarrow") for path in asked.institutions])
    frame = claims[claims["clause"].isin([*asked.terms["clauses"]])].merge(institutions, on="uscc", how="left")
    for name in AMOUNTS:
        frame[name] = (pd.to_numeric(frame[name], errors="coerce") * 100).round().astype("Int64")
    for name in DAYS:
        frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d", errors="coerce")
    return frame


def award_fen(claims: pd.DataFrame, terms: dict) -> pd.Series:
    """The award of each claim in fen."""
    award = pd.Series(pd.NA, index=claims.index, dtype="Int64")
    for clause, of in terms["clauses"].items():
        rows = claims[claims["clause"] == clause]
        fits = (rows["established_on"] >= pd.Timestamp(terms["effective_from"])) & rows["sector"].isin(of["sectors"]) & rows["level"].isin(of["levels"])
        if of["origins"] is not None:
            fits &= rows["origin"].isin(of["origins"])
        award.loc[rows.index] = _amount(rows, of, terms["benefit_months"]).where(fits, 0)
    return award


def _amount(rows: pd.DataFrame, of: dict, benefit_months: int) -> pd.Series:
    if "bands" in of:
        lower, awards = zip(*of["bands"])
        capital = rows["paid_in_capital_yuan"]
        band = np.searchsorted([100 * bound for bound in lower], capital.fillna(0), side="right")
        return pd.Series(np.array([0, *awards])[band] * 100, index=rows.index, dtype="Int64").where(capital.notna())
    if "flat_yuan" in of:
        return pd.Series(100 * of["flat_yuan"], index=rows.index, dtype="Int64")
    bought = _half_up(of["price_yuan"] * 100 * rows["floor_area_m2"], 100)
    return bought.where(rows["tenure"] == "purchase", _rent_share(rows, of["rent_pct"], benefit_months))


def _rent_share(rows: pd.DataFrame, percent: int, benefit_months: int) -> pd.Series:
    one_day = pd.Timedelta(days=1)
    benefit_ends = rows["established_on"] + pd.DateOffset(months=benefit_months)  # the first day without benefit
    last = (rows["rent_to"] + one_day).where(rows["rent_to"] + one_day < benefit_ends, benefit_ends)
    first = rows["rent_from"].where(rows["rent_from"] > rows["established_on"], rows["established_on"])
    days = _days(last - first).clip(lower=0)
    eligible = _half_up(rows["rent_paid_yuan"] * days, _days(rows["rent_to"] - rows["rent_from"]) + 1)
    return _half_up(eligible * percent, 100)


def _days(between: pd.Series) -> pd.Series:
    return between.dt.days.astype("Int64")


def _half_up(numerator: pd.Series, denominator: pd.Series | int) -> pd.Series:
    return (2 * numerator + denominator) // (2 * denominator)


def main() -> None:
    given = asked()
    claims = read(given)
    started = time.perf_counter()
    claims["award_fen"] = award_fen(claims, given.terms)
    seconds = time.perf_counter() - started
    claims[["claim_id", "award_fen"]].to_csv(given.answers, index=False)
    tell(seconds, "pandas", "pyarrow")


if __name__ == "__main__":
    main()
