"""OpenFisca-core as its documentation has it: one entity, variables with vector formulas, parameters by date, a scale for the bands, and a population
read with pandas and given by `set_input`.

Its amounts are what `value_type = float` means there, numbers of 32 bits; that is where its wrong answers come from. See asked.py and terms.py.
"""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pandas as pd
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from benchmarks.peers.asked import CLAIM_FIELDS, INSTITUTION_FIELDS, Asked, asked, tell

PERIOD = "2024"
DAYS = ("rent_from", "rent_to", "established_on")
AMOUNTS = ("paid_in_capital_yuan", "floor_area_m2", "rent_paid_yuan")
OTHER = "other"

Claim = build_entity("claim", "claims", "A claim", is_person=True)


# ---------------------------------------------------------------- the legislation


def legislation(terms: dict) -> TaxBenefitSystem:
    """The system of parameters and variables that the terms describe."""
    system = TaxBenefitSystem([Claim])
    system.parameters = ParameterNode("", data=_parameters(terms))
    clauses = terms["clauses"]
    choices = {
        "clause": [*clauses], "tenure": ["purchase", "rent"], "origin": ["new"],
        **{name: sorted({one for clause in clauses.values() for one in clause[f"{name}s"]}) for name in ("sector", "level")},
    }
    kinds = {name: Enum(name, {"_" + one.replace(".", "_"): one for one in [*members, OTHER]}) for name, members in choices.items()}
    inputs = [
        *(_variable(name, Enum, possible_values=kind, default_value=kind["_" + OTHER]) for name, kind in kinds.items()),
        *(_variable(name, float) for name in AMOUNTS), *(_variable(name, dt.date) for name in DAYS),
    ]
    system.add_variables(*inputs, *_computed(clauses))
    return system


def _variable(name: str, value_type: type, **more: object) -> type[Variable]:
    return type(name, (Variable,), {"value_type": value_type, "entity": Claim, "definition_period": DateUnit.YEAR, "label": name} | more)


def _parameters(terms: dict) -> dict:
    def since(value: object) -> dict:
        return {"values": {terms["effective_from"]: {"value": value}}}

    def of(clause: dict) -> dict:
        given = {name: since(value) for name, value in clause.items() if name in ("sectors", "levels", "origins", "flat_yuan", "price_yuan", "rent_pct") and value}
        if "bands" in clause:
            brackets = [{"threshold": since(lower)["values"], "amount": since(award)["values"]} for lower, award in clause["bands"]]
            given["bands"] = {"metadata": {"type": "single_amount"}, "brackets": brackets}
        return given

    return {"benefit_months": since(terms["benefit_months"]), "opened_from": since(terms["effective_from"]),
            **{_key(clause): of(clause_terms) for clause, clause_terms in terms["clauses"].items()}}


def _key(clause: str) -> str:
    return "clause_" + clause.replace(".", "_")


def _computed(clauses: dict) -> list[type[Variable]]:
    """The variables with formulas."""

    def benefit_days(claim, period, parameters):
        """The days of a rent that lie in the months of benefit."""
        established_on = claim("established_on", period)
        ends = _months_after(established_on, parameters(period).benefit_months)  # the first day without benefit
        days = np.minimum(claim("rent_to", period) + 1, ends) - np.maximum(claim("rent_from", period), established_on)
        return np.maximum(days.astype(int), 0)

    def period_days(claim, period):
        return np.maximum((claim("rent_to", period) - claim("rent_from", period)).astype(int) + 1, 1)

    def eligible_rent_yuan(claim, period):
        return _half_up(claim("rent_paid_yuan", period) * claim("benefit_days", period) / claim("period_days", period))

    def is_sound(claim, period, parameters):
        """Whether no condition of its clause refuses a claim."""
        figures, fits = parameters(period), []
        for clause in clauses:
            of = figures[_key(clause)]
            allowed = [np.isin(claim(name, period).decode_to_str(), ["_" + one for one in of[f"{name}s"]])
                       for name in ("sector", "level", "origin") if f"{name}s" in of]
            fits.append(np.logical_and.reduce(allowed))
        return np.select(_of_clause(claim, period), fits, False) & (claim("established_on", period) >= np.datetime64(figures.opened_from))

    def award_yuan(claim, period, parameters):
        figures = parameters(period)
        amounts = [_amount(claim, period, figures[_key(clause)]) for clause in clauses]
        return np.where(claim("is_sound", period), np.select(_of_clause(claim, period), amounts, 0), 0)

    def _of_clause(claim, period) -> list:
        given = claim("clause", period)
        return [given == given.possible_values["_" + clause.replace(".", "_")] for clause in clauses]

    return [
        _variable("benefit_days", int, formula=benefit_days), _variable("period_days", int, formula=period_days),
        _variable("eligible_rent_yuan", float, formula=eligible_rent_yuan), _variable("is_sound", bool, formula=is_sound),
        _variable("award_yuan", float, formula=award_yuan),
    ]


def _amount(claim, period, of):
    if "bands" in of:
        return of.bands.calc(claim("paid_in_capital_yuan", period))
    if "flat_yuan" in of:
        return of.flat_yuan
    tenure = claim("tenure", period)
    bought = _half_up(of.price_yuan * claim("floor_area_m2", period))
    rented = _half_up(claim("eligible_rent_yuan", period) * of.rent_pct / 100)
    return np.where(tenure == tenure.possible_values["_purchase"], bought, rented)


def _half_up(yuan):
    return np.floor(yuan * 100 + 0.5) / 100


def _months_after(day, months: int):
    """The same day of a later month, or that month's last one."""
    month = day.astype("datetime64[M]")
    later = month + months
    return np.minimum(later.astype("datetime64[D]") + (day - month.astype("datetime64[D]")), (later + 1).astype("datetime64[D]") - 1)


# ---------------------------------------------------------------- the population


def read(asked: Asked) -> pd.DataFrame:
    """Grain: one row per claim of the clauses asked, with its institution."""
    claims = pd.concat([pd.read_csv(path, usecols=CLAIM_FIELDS, dtype="str") for path in asked.claims], ignore_index=True)
    institutions = pd.concat([pd.read_csv(path, usecols=INSTITUTION_FIELDS, dtype="str") for path in asked.institutions])
    return claims[claims["clause"].isin([*asked.terms["clauses"]])].merge(institutions, on="uscc", how="left")


def simulation_of(system: TaxBenefitSystem, data: pd.DataFrame) -> Simulation:
    simulation = SimulationBuilder().build_default_simulation(system, len(data))
    for name in AMOUNTS:
        simulation.set_input(name, PERIOD, pd.to_numeric(data[name], errors="coerce").fillna(0).to_numpy())
    for name in DAYS:
        days = pd.to_datetime(data[name], format="%Y-%m-%d", errors="coerce").fillna(pd.Timestamp(0))
        simulation.set_input(name, PERIOD, days.to_numpy().astype("datetime64[D]"))
    for name in ("clause", "tenure", "sector", "level", "origin"):
        kind = system.get_variable(name).possible_values
        known = data[name].where(data[name].isin([one.value for one in kind]), OTHER)
        simulation.set_input(name, PERIOD, kind.encode(("_" + known.str.replace(".", "_")).to_numpy(dtype="str")))
    return simulation


def main() -> None:
    given = asked()
    data = read(given)
    simulation = simulation_of(legislation(given.terms), data)
    started = time.perf_counter()
    award_yuan = simulation.calculate("award_yuan", PERIOD)
    seconds = time.perf_counter() - started
    data["award_fen"] = np.round(award_yuan.astype(float) * 100).astype(int)
    data[["claim_id", "award_fen"]].to_csv(given.answers, index=False)
    tell(seconds, "OpenFisca-Core", "numpy", "pandas")


if __name__ == "__main__":
    main()
