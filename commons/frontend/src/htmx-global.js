// Extensions of htmx look for it as a global.
import htmx from "htmx.org";

window.htmx = htmx;
