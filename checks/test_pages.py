"""The declared pages in a real browser: they load, show what they have to, and break nothing."""

import pytest

from pytest_deploycheck import Page, Pages


@pytest.mark.each("page")
@pytest.mark.action("Open the page with the browser's developer tools, and look at the screenshot.")
def test_page(page: Page, pages: Pages) -> None:
    """The page loads in time, without exceptions and failed requests."""
    pages.judge(page, pages(page))
