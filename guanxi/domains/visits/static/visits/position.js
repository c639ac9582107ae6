// Where the company records the position at check-in: asks the browser once and puts it into the form's hidden fields.
// A refusal or a device without position changes nothing: the check-in works without.
const form = document.querySelector("form[data-position]");
if (form && "geolocation" in navigator) {
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.namedItem("lon").value = coords.longitude.toFixed(6);
      form.elements.namedItem("lat").value = coords.latitude.toFixed(6);
      for (const note of form.querySelectorAll("[data-position-known]")) note.hidden = false;
    },
    () => {},
    { enableHighAccuracy: true, maximumAge: 60000, timeout: 15000 },
  );
}
