from commons.accounts import services

PASSWORD = "correct horse battery"


def test_sign_up_signs_in_and_shows_the_persons_page(browser):
    ada = browser().sign_up("ada")
    assert "Sign out" in ada.get("/")
    assert "No remixes yet" in ada.get("/people/ada")


def test_sign_up_names_what_is_wrong_beside_its_field(browser):
    answer = browser().submit("/sign-up", "/sign-up", handle="!", password="short", email="no address")
    assert answer.status_code == 422
    for words in ("Field must be between 2", "At least 10 characters", "This is no email address"):
        assert words in answer.text


def test_a_taken_handle_is_said_so(browser):
    browser().sign_up("ada")
    answer = browser().submit("/sign-up", "/sign-up", handle="Ada", password=PASSWORD)
    assert answer.status_code == 422
    assert "is taken" in answer.text


def test_every_form_is_refused_without_its_csrf_token_and_nothing_is_done(browser):
    visitor = browser()
    answer = visitor.client.post("/sign-up", data={"handle": "ada", "password": PASSWORD})
    assert answer.status_code == 400
    assert "nothing was changed" in answer.text
    visitor.get("/people/ada", status=404)


def test_signing_out_needs_the_token_too_and_ends_the_session_on_the_server(browser):
    ada = browser().sign_up("ada")
    assert ada.client.post("/sign-out").status_code == 400
    stolen = ada.client.get_cookie("session")
    assert ada.submit("/", "/sign-out").status_code == 303
    ada.client.set_cookie("session", stolen.value)
    assert "Sign in" in ada.get("/")


def test_signing_in_rotates_the_session_and_returns_to_where_the_person_was(browser):
    browser().sign_up("ada")
    visitor = browser()
    visitor.get("/sign-in")
    before = visitor.client.get_cookie("session").value
    answer = visitor.submit("/sign-in?next=/board", "/sign-in", handle="ADA", password=PASSWORD)
    assert answer.status_code == 303
    assert answer.location == "/board"
    assert visitor.client.get_cookie("session").value != before


def test_nobody_is_sent_to_another_site_by_next(browser):
    browser().sign_up("ada")
    answer = browser().submit("/sign-in?next=//evil.example", "/sign-in", handle="ada", password=PASSWORD)
    assert answer.location == "/"


def test_a_wrong_password_tells_nothing_more_and_too_many_are_refused(browser):
    browser().sign_up("ada")
    for _ in range(services.FAILURES_MAX):
        answer = browser().submit("/sign-in", "/sign-in", handle="ada", password="wrong password")
        assert answer.status_code == 422
        assert "do not belong together" in answer.text
    answer = browser().submit("/sign-in", "/sign-in", handle="ada", password=PASSWORD)
    assert answer.status_code == 429


def test_pages_of_ones_own_send_a_stranger_to_sign_in_and_back(browser):
    visitor = browser()
    for path in ("/orders", "/orders/new?remix=x", "/workshops/new", "/pair?code=ABCD-EFGH"):
        answer = visitor.client.get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/sign-in?next=/")


def test_an_unknown_person_is_not_found(browser):
    assert "Nobody here is called" in browser().get("/people/nobody", status=404)
