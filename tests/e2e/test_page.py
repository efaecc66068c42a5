"""The page, in a real browser, against the real services."""

from playwright.sync_api import Route, expect

from tests.e2e.visitor import WAIT_MS, Visit, text_file, unique


def test_two_people_see_every_stage_of_both_jobs(visit: Visit) -> None:
    sender, watcher = visit(), visit()
    table, odd = unique("Umsätze 报告.csv"), unique("<img src=x onerror=alert(1)>.txt")
    sender.choose(text_file(table, "city,people\nUlm,126000\nBonn,331000\n"), text_file(odd))
    for person in (sender, watcher):
        for name in (table, odd):
            person.expect_completed(name)
        expect(person.job(odd).locator("img")).to_have_count(0)
        assert person.complaints == []


def test_the_report_opens_in_a_new_tab(visit: Visit) -> None:
    person, name = visit(), unique("numbers.csv")
    person.choose(text_file(name, "x,y\n1,2\n3,4\n"))
    person.expect_completed(name)
    link = person.open_job(name).get_by_role("link", name="Open report")
    expect(link).to_have_attribute("rel", "noopener")  # what a file's report says cannot steer the page
    with person.context.expect_page() as opened:
        link.click()
    report = opened.value
    expect(report.get_by_role("heading").first).to_be_visible(timeout=WAIT_MS)
    assert report.url.endswith("/artifacts/report.html")


def test_an_artifact_can_be_downloaded(visit: Visit) -> None:
    person, name = visit(), unique("hello.txt")
    person.choose(text_file(name))
    person.expect_completed(name)
    link = person.open_job(name).locator("a[download]").first
    with person.page.expect_download(timeout=WAIT_MS) as started:
        link.click()
    assert started.value.suggested_filename == link.get_attribute("download")
    assert started.value.path().stat().st_size > 0


def test_an_upload_without_network_fails_and_can_be_tried_again(visit: Visit) -> None:
    person, name = visit(), unique("later.txt")
    person.context.set_offline(True)
    person.choose(text_file(name))
    card = person.upload(name)
    expect(card).to_have_attribute("data-state", "failed", timeout=WAIT_MS)
    expect(card).to_contain_text("The connection to the server broke.", timeout=WAIT_MS)
    person.context.set_offline(False)
    person.expect_connection("live")
    card.get_by_role("button", name="Try again").click()
    expect(card).to_have_count(0, timeout=WAIT_MS)
    person.expect_completed(name)


def test_a_refusal_is_shown_in_the_gateways_words(visit: Visit) -> None:
    person, name = visit(), unique("refused.txt")

    def refuse(route: Route) -> None:
        problem = {"type": "about:blank", "title": "Not ready", "status": 503, "detail": "The <broker> is away."}
        route.fulfill(status=503, json=problem, headers={"Retry-After": "7"}, content_type="application/problem+json")

    person.page.route("**/upload", refuse)
    person.choose(text_file(name))
    expect(person.upload(name)).to_contain_text("The <broker> is away. Try again in 7 s.", timeout=WAIT_MS)
    expect(person.page.get_by_role("status")).to_contain_text(f"Not uploaded: {name}.")
    person.upload(name).get_by_role("button", name="Remove").click()
    expect(person.upload(name)).to_have_count(0)


def test_an_upload_can_be_cancelled(visit: Visit) -> None:
    person, name = visit(), unique("unwanted.txt")
    person.page.route("**/upload", lambda _: None)  # never answered
    person.choose(text_file(name))
    expect(person.upload(name)).to_have_attribute("data-state", "sending", timeout=WAIT_MS)
    with person.page.expect_event("requestfailed"):
        person.upload(name).get_by_role("button", name="Cancel").click()
    expect(person.upload(name)).to_have_count(0)


def test_the_keyboard_is_enough(visit: Visit) -> None:
    person, name = visit(), unique("typed.txt")
    keyboard = person.page.keyboard
    # Asked for well before the key: the browser takes a moment to hand its file choosers to the test.
    person.page.on("filechooser", lambda chooser: chooser.set_files(text_file(name)))
    person.page.get_by_role("button", name="中文").focus()
    keyboard.press("Tab")
    expect(person.page.get_by_label("Choose files")).to_be_focused()
    keyboard.press("Enter")
    person.expect_completed(name)
    person.page.get_by_role("link", name=name, exact=True).focus()  # how many keys to it depends on the other jobs
    keyboard.press("Enter")
    expect(person.page.get_by_role("heading", name=name)).to_be_focused()
    keyboard.press("Tab")
    expect(person.job(name).get_by_role("link", name="Open report")).to_be_focused()
    with person.context.expect_page() as opened:
        keyboard.press("Enter")
    expect(opened.value.get_by_role("heading").first).to_be_visible(timeout=WAIT_MS)


def test_a_file_can_be_dropped_anywhere(visit: Visit) -> None:
    person, name = visit(), unique("dropped.txt")
    files = person.page.evaluate_handle(
        "name => { const all = new DataTransfer(); all.items.add(new File(['words'], name)); return all; }", name
    )
    person.page.dispatch_event("#jobs-heading", "dragenter", {"dataTransfer": files})
    expect(person.page.get_by_text("Drop to upload")).to_be_visible()
    person.page.dispatch_event("#jobs-heading", "drop", {"dataTransfer": files})
    expect(person.page.get_by_text("Drop to upload")).to_be_hidden()
    expect(person.job(name)).to_be_visible(timeout=WAIT_MS)


def test_the_page_says_when_it_is_not_live(visit: Visit) -> None:
    person = visit(script="delete globalThis.SharedWorker;")  # what is cut off by the test is the tab alone
    person.context.set_offline(True)
    person.expect_connection("reconnecting")
    expect(person.page.locator("#connection")).to_contain_text("Reconnecting")
    person.context.set_offline(False)
    person.expect_connection("live")
    expect(person.page.locator("#connection")).to_have_text("Live")


def test_a_narrow_screen_does_not_scroll_sideways(visit: Visit) -> None:
    person, name = visit(viewport={"width": 320, "height": 700}), unique("l" + "o" * 120 + "ng.txt")
    person.choose(text_file(name))
    person.expect_completed(name)
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(person.open_job(name).get_by_role("list", name="Files made")).to_be_visible()
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
