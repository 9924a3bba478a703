"""Tables in two languages."""

from training.emotion.tables import html_table, markdown_table

ROWS = [("what", "a"), ("less < more", "1")]


def test_a_table_of_a_page_is_escaped() -> None:
    assert html_table(ROWS) == "<table><tr><th>what<th>a<tr><td>less &lt; more<td>1</table>"


def test_numbers_stand_to_the_right_in_markdown() -> None:
    assert markdown_table(ROWS) == "| what | a |\n| --- | ---: |\n| less < more | 1 |"
