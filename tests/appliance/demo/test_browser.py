"""Forms are read as a browser would send them."""

from appliance.demo.browser import read_form

PAGE = """
<form><input type="hidden" name="token" value="t1"><input name="payer" value="Nguyễn &amp; Sơn">
<input type="checkbox" name="off" value="x"><input type="checkbox" name="on" value="y" checked>
<select name="fee"><option value="">Chọn</option><option value="CT-BS" selected>Chứng thực</option></select>
<select name="kind"><option value="phi">Phí</option><option value="le_phi">Lệ phí</option></select>
<p class="wrong"><svg><path/></svg><span>Hãy nhập số tiền.</span></p><p>Không phải lời nhắc.</p></form>
"""


def test_fields_carry_the_values_that_stand_in_the_page() -> None:
    assert read_form(PAGE).fields == {
        "token": "t1",
        "payer": "Nguyễn & Sơn",
        "on": "y",
        "fee": "CT-BS",
        "kind": "phi",
    }


def test_only_complaints_are_read_as_complaints() -> None:
    assert read_form(PAGE).complaints == ["Hãy nhập số tiền."]
