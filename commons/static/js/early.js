// Runs before the first paint: what needs JavaScript is shown only where there is some.
document.documentElement.classList.add("js");
