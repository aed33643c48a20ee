// The page works without this: it shows times in the zone of the browser, and ignores a second click.
const zone = document.querySelector("select[data-detect]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zone && own && own !== zone.dataset.detect) {
  const here = new URL(location.href);
  here.searchParams.set("tzid", own);
  location.replace(here);
}

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
