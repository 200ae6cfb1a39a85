"""The constructs of policies that the shipped ones do not use, by the tests that DuckDB passes, assessed on Spark."""

import pytest

from tests.test_constructs import (  # noqa: F401
    test_a_ceiling_is_used_up_by_awards_or_by_what_was_computed_for_them,
    test_a_ceiling_on_different_values_counts_each_once_over_runs_and_awards_paid_before,
    test_a_rule_may_ask_what_its_own_pools_gave_before_the_claim_over_any_runs,
    test_an_add_on_is_a_share_of_what_another_clause_was_awarded_in_this_run_and_before,
    test_of_several_items_only_the_highest_is_given_whatever_the_order_and_over_any_runs,
    test_what_is_carried_of_a_cumulative_entitlement_comes_back_once_and_for_so_many_years_only,
    test_what_is_over_a_years_ceiling_is_carried_so_many_years_the_oldest_first_over_any_runs,
)

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("on_spark")]
