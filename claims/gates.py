"""Gates: what a batch's counts must keep to before anything is decided, held as a suite of Great Expectations.

Rows are routed by the policy's codes; here one row of counts is looked at, in integers. Great Expectations is imported only when gates are
held, because that takes seconds.
"""

from __future__ import annotations

import difflib
import gc
import json
import os
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from types import ModuleType

from claims.database import Database
from claims.errors import InputRefused
from claims.policy.compiler import CompiledPolicy
from claims.policy.model import Policy
from claims.quoting import quoted
from claims.settings import GateSetting

SUITE = "batch"
EXPECTATION = "expect_column_max_to_be_between"
RECONCILED = ("lines_without_fate", "claims_missing", "counts_missing")
"""Measures that must be 0, whatever the settings say: a breach is no matter of judgement."""
TITLES = {
    "lines": "接收行数", "lines_without_fate": "没有去向的行数", "claims_missing": "已读入而不在本批的申报数", "counts_missing": "未能统计的指标数",
    "rejected_pct": "退回行占比", "duplicate_pct": "重复行占比", "rows": "读入行数", "claims": "本批申报数", "held_pct": "待人工处理申报占比",
    "code": "异常申报数", "code_pct": "异常申报占比", "empty_pct": "应填未填占比", "total_yuan": "金额合计", "change_pct": "较上一批变化",
}
"""What a family of measures is called in reports."""
SCALE = {"count": 1, "pct": 100, "yuan": 100}
"""How many of the integers that are measured make one of a unit."""
FINEST = {"count": "give a whole number", "pct": "give two decimals at most", "yuan": "give two decimals at most"}
EXACT_IN_FLOAT = 2**53
"""Great Expectations keeps bounds as floats: up to here every integer is one."""


@dataclass(frozen=True)
class Gate:
    """One measure of a batch and what it must keep to. Values are exact decimal texts in `unit`: count, pct or yuan.

    `value` is None when it could not be counted, `action` is "none" for a measure without bounds. `accepted` is the reason for which a
    breach was let pass.
    """

    name: str
    title: str
    unit: str
    value: str | None
    min: str | None
    max: str | None
    action: str
    met: bool
    accepted: str | None = None

    @property
    def stops(self) -> bool:
        return not self.met and self.action == "stop" and self.accepted is None

    def told(self) -> str:
        """One line for the command line."""
        accepted = f" (accepted: {self.accepted})" if self.accepted is not None else ""
        bounds = [f"at least {self.min}" if self.min is not None else "", f"at most {self.max}" if self.max is not None else ""]
        return f"{self.name} is {self.value} ({self.unit}), allowed: {', '.join(filter(None, bounds))}{accepted}"


class GateStopped(InputRefused):
    """A gate ends the run before anything is decided."""


@dataclass(frozen=True)
class Before:
    """Counts of the run before, for the measures of change."""

    lines: int
    claims: int
    held: int


def hold_gates(
    database: Database, compiled: CompiledPolicy, settings: dict[str, GateSetting], before: Before | None, accepted: dict[str, str],
) -> list[Gate]:
    """Measure the batch and hold its gates; `accepted` are reasons by the name of the gate that may be passed.

    Needs input_file, line_fate, fact and held_code. Raises GateStopped when a gate stops the run, InputRefused when the settings or
    `accepted` name a gate that there is not.
    """
    values = _measured(database, compiled, before)
    _check_names(compiled.policy, values, settings, accepted)
    drafts = [_gate(compiled.policy, name, value, settings, accepted) for name, value in values.items()]
    met = _validated(values, drafts)
    gates = [_judged(gate, met, accepted) for gate in drafts]
    if any(gate.stops for gate in gates):
        raise GateStopped([f"gate {gate.told()}: the run was stopped before anything was decided; {_way_on(gate)}" for gate in gates if gate.stops])
    return gates


def gates_json(gates: list[Gate]) -> bytes:
    """The results as a file: the same batch and settings give the same bytes."""
    content = {"suite": SUITE, "gates": [asdict(gate) for gate in gates]}
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def read_gates(data: bytes) -> list[Gate]:
    """The results from their file."""
    return [Gate(**gate) for gate in json.loads(data)["gates"]]


# ---------------------------------------------------------------- measuring


def _measured(database: Database, compiled: CompiledPolicy, before: Before | None) -> dict[str, int | None]:
    """All measures by name, in the integers of SCALE. Shares are rounded up and changes away from zero: what is small is never none."""
    policy = compiled.policy
    statement = database.render(
        "gate/measure.sql", claims=policy.claims, tables=list(policy.tables), codes=_exception_codes(policy), before=before,
        needed_fields=[(name, needed) for name in policy.claims.fields if (needed := compiled.needed_where(name))],
        money_fields=[(field.name, field.column) for field in policy.claims.field if field.type == "money"],
    )
    values = dict(database.rows(statement))
    return values | {"counts_missing": sum(value is None for value in values.values())}


def _exception_codes(policy: Policy) -> list[str]:
    return [code.id for code in policy.codes.values() if code.kind == "exception"]


def _check_names(policy: Policy, values: dict, settings: dict[str, GateSetting], accepted: dict[str, str]) -> None:
    """Names are of measures that this policy has; those of change may be absent from a batch."""
    known = {*values, *(f"change_pct.{what}" for what in ("lines", "claims", "held")), *(f"{_family(name)}.*" for name in values if "." in name), "change_pct.*"}
    problems = [f"claims.toml: there is no gate “{name}”{_near(name, known)}" for name in settings if name not in known]
    problems += [f"--accept-gate {quoted(name)}: there is no such gate{_near(name, known)}" for name in accepted if name not in values]
    problems += [f"gate {name} can be neither changed nor accepted" for name in RECONCILED if name in settings or name in accepted]
    for name, setting in settings.items():
        problems += [f"claims.toml: gate “{name}”: {problem}" for problem in _unfit(_setting_of(name, settings), setting, _unit(name))]
    if problems:
        raise InputRefused(problems)


def _unfit(whole: GateSetting, own: GateSetting, unit: str) -> Iterator[str]:
    """What keeps a gate from being held: `whole` is its setting with what its family gives, `own` what is said of it by name."""
    bounds = [Decimal(bound) for bound in (whole.min, whole.max) if bound is not None]
    if not bounds and own.action in ("warn", "stop"):
        yield f"action = \"{own.action}\" without `min` or `max` would never act: give a bound"
    for bound in bounds:
        if not bound.is_finite() or abs(bound) * SCALE[unit] > EXACT_IN_FLOAT:
            yield f"{bound} is too large to be compared exactly; {EXACT_IN_FLOAT // SCALE[unit]} is the most"
        elif bound * SCALE[unit] % 1:
            yield f"{bound} is finer than what is measured; {FINEST[unit]}"
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        yield f"`min` {bounds[0]} is above `max` {bounds[1]}"


def _setting_of(name: str, settings: dict[str, GateSetting]) -> GateSetting:
    """What is said of a gate, by its own name first, then by its family's."""
    family = settings.get(f"{_family(name)}.*", GateSetting())
    return settings.get(name, GateSetting()).over(family).over(GateSetting(action="warn"))


def _near(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; do you mean “{near[0]}”?" if near else "; `claims settings` lists them"


# ---------------------------------------------------------------- judging


def _gate(policy: Policy, name: str, value: int | None, settings: dict[str, GateSetting], accepted: dict[str, str]) -> Gate:
    """A gate that is not yet judged."""
    setting = GateSetting(max=0, action="stop") if name in RECONCILED else _setting_of(name, settings)
    bounded = setting.action != "off" and (setting.min, setting.max) != (None, None)
    unit = _unit(name)
    return Gate(
        name=name, title=_title(policy, name), unit=unit, value=_text(value, unit), met=True, action=setting.action if bounded else "none",
        min=_bound(setting.min) if bounded else None, max=_bound(setting.max) if bounded else None,
    )


def _validated(values: dict[str, int | None], gates: list[Gate]) -> dict[str, bool]:
    """Whether each gate with bounds is met, by name: one expectation each over the one row of counts."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # nothing of a batch leaves the machine
    gx, pd = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    # objects: Python's integers compare exactly with the floats that Great Expectations makes of bounds, NumPy's do not
    counts = pd.DataFrame({name: [value] for name, value in values.items()}, dtype=object)
    asset = context.data_sources.add_pandas(SUITE).add_dataframe_asset("counts")
    batch = asset.add_batch_definition_whole_dataframe("run").get_batch({"dataframe": counts})
    bounded = [gate for gate in gates if gate.action != "none"]
    suite = gx.ExpectationSuite(name=SUITE, expectations=[
        gx.expectations.ExpectColumnMaxToBeBetween(
            column=gate.name, min_value=_stored(gate.min, gate.unit), max_value=_stored(gate.max, gate.unit),
            severity="critical" if gate.action == "stop" else "warning",
        )
        for gate in bounded
    ])
    results = batch.validate(suite).results
    return {result.expectation_config.kwargs["column"]: bool(result.success) for result in results}


def _great_expectations() -> tuple[ModuleType, ModuleType]:
    """Great Expectations and pandas. What they define stays, so that no garbage is looked for in it, which would cost half a second."""
    gc.disable()
    try:
        # it looks for pyspark, too, which, where it is installed, says what it thinks of the version of pandas
        with warnings.catch_warnings(action="ignore"):
            import great_expectations
            import pandas
    finally:
        # both together move everything to the oldest generation unseen
        gc.freeze()
        gc.unfreeze()
        gc.enable()
    return great_expectations, pandas


def _judged(gate: Gate, met: dict[str, bool], accepted: dict[str, str]) -> Gate:
    if gate.action == "none":
        return gate
    # a measure that could not be counted passes every expectation
    is_met = met[gate.name] and gate.value is not None
    reason = accepted.get(gate.name) if not is_met and gate.action == "stop" else None
    return Gate(**asdict(gate) | {"met": is_met, "accepted": reason})


def _way_on(gate: Gate) -> str:
    if gate.name in RECONCILED:
        return "this is a defect of the program: keep the workspace and the folder as they are and report it"
    return f"look at the files and give the command again, with --accept-gate {gate.name} --reason TEXT if they are right"


# ---------------------------------------------------------------- names, units, words


def _family(name: str) -> str:
    return name.partition(".")[0]


def _unit(name: str) -> str:
    suffix = _family(name).rpartition("_")[2]
    return suffix if suffix in ("pct", "yuan") else "count"


def _title(policy: Policy, name: str) -> str:
    family, _, rest = name.partition(".")
    return f"{TITLES[family]}：{_part(policy, family, rest)}" if rest else TITLES[family]


def _part(policy: Policy, family: str, name: str) -> str:
    if family in ("code", "code_pct"):
        return f"{name} {policy.codes[name].title}"
    if family == "rows":
        return policy.tables[name].title
    if family == "change_pct":
        return {"lines": "接收行数", "claims": "申报数", "held": "待人工处理申报数"}[name]
    return policy.claims.fields[name].plain_title


def _bound(bound: int | Decimal | None) -> str | None:
    return None if bound is None else str(bound)


def _stored(bound: str | None, unit: str) -> int | None:
    """A bound in the integers that are measured."""
    return None if bound is None else int(Decimal(bound) * SCALE[unit])


def _text(value: int | None, unit: str) -> str | None:
    if value is None or unit == "count":
        return None if value is None else str(value)
    return f"{Decimal(value) / SCALE[unit]:.2f}"


def breached(gates: list[Gate]) -> Iterator[Gate]:
    """The gates that were not met."""
    return (gate for gate in gates if not gate.met)
