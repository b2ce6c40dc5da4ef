"""What the demo is asked to play, and how it says no."""

from dataclasses import replace

import pytest

from appliance.demo.case import Case, CaseError

CASE = Case()


def test_the_usual_case_can_be_played() -> None:
    CASE.check()


@pytest.mark.parametrize(
    ("wrong", "option"),
    [
        (replace(CASE, counter="Quay_1"), "--counter"),
        (replace(CASE, bin="12"), "--bin"),
        (replace(CASE, account="12 34"), "--account"),
        (replace(CASE, account_name=""), "--account-name"),
    ],
)
def test_what_no_office_could_be_set_up_with_is_refused_by_its_option(wrong: Case, option: str) -> None:
    with pytest.raises(CaseError, match=option):
        wrong.check()


def test_an_account_is_written_in_capitals_because_the_code_is() -> None:
    assert replace(CASE, account="vqrq0001abc").beneficiary.account == "VQRQ0001ABC"


def test_a_bank_is_named_only_when_it_is_known() -> None:
    assert CASE.beneficiary.bank_name == "Vietcombank"
    assert "970418" in replace(CASE, bin="970418").beneficiary.bank_name
