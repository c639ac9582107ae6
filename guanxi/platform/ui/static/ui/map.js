// A list on a map: land and districts from the server's own files, marks for what lies in the part that is seen.
import { openDrawer } from "./drawer.js";

const DISTRICTS_FROM = 8; // below this zoom only provinces
const NAMES_FROM = 8; // and names of places from here on, those of districts within a city nearer still
const INNER_FROM = 11;
const MOST_NAMES = 40; // as long as so few marks are seen, those of one customer bear its name
const drawnAs = (className) => ({ className, interactive: false });

function start(box) {
  if (box.dataset.started) return;
  box.dataset.started = "1";
  const tiles = box.dataset.tiles ? JSON.parse(box.dataset.tiles) : null;
  const map = L.map(box, { zoomControl: false, attributionControl: false, maxZoom: 19, minZoom: 3, worldCopyJump: false });
  L.control.zoom({ zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.createPane("land").style.zIndex = 150;
  if (tiles) pictures(map, box, tiles);
  land(map, box);
  const marks = L.layerGroup().addTo(map);
  const [west, south, east, north] = box.dataset.bounds.split(",").map(Number);
  map.fitBounds([[south, west], [north, east]], { padding: [24, 24], maxZoom: 12, animate: false });
  let asked = 0;
  const ask = async () => {
    const number = ++asked;
    const seen = map.getBounds().pad(0.1);
    const url = new URL(box.dataset.map, location.href);
    url.searchParams.set("box", [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()].map((v) => v.toFixed(5)).join(","));
    url.searchParams.set("zoom", map.getZoom());
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (number !== asked || !answer?.ok) return;
    const found = await answer.json();
    draw(map, marks, found.spots, box);
    box.dataset.drawn = String(found.spots.length);
  };
  map.on("moveend", ask);
  ask();
}

// Streets of the company's choice, above our own land: where a picture is missing, that shows through.
function pictures(map, box, { url, attribution, min, max }) {
  map.createPane("pictures").style.zIndex = 160;
  L.tileLayer(url, { minZoom: min, maxZoom: 19, maxNativeZoom: max, pane: "pictures", referrerPolicy: "origin", keepBuffer: 1 })
    .on("tileload", () => box.toggleAttribute("data-pictured", true))
    .addTo(map);
  if (!attribution) return;
  const said = L.control({ position: "bottomright" });
  said.onAdd = () => {
    const element = document.createElement("div");
    element.className = "map-said";
    element.textContent = attribution;
    return element;
  };
  said.addTo(map);
}

async function geojson(url) {
  const answer = await fetch(url).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

async function land(map, box) {
  const provinces = JSON.parse(box.dataset.provinces);
  const whole = await geojson(box.dataset.land);
  if (!whole) return;
  const drawn = L.geoJSON(whole, { style: drawnAs("map-land"), pane: "land" }).addTo(map);
  const loaded = new Set();
  const districts = () => {
    box.toggleAttribute("data-near", map.getZoom() >= NAMES_FROM);
    box.toggleAttribute("data-nearer", map.getZoom() >= INNER_FROM);
    if (map.getZoom() < DISTRICTS_FROM) return;
    const seen = map.getBounds();
    drawn.eachLayer(async (layer) => {
      const url = provinces[layer.feature.properties.name];
      if (!url || loaded.has(url) || !layer.getBounds().intersects(seen)) return;
      loaded.add(url);
      const parts = await geojson(url);
      if (!parts) return;
      L.geoJSON(parts, { style: drawnAs("map-part"), pane: "land" }).addTo(map);
      for (const { properties } of parts.features) {
        if (!properties.cp) continue;
        const name = L.divIcon({ className: properties.name.endsWith("市") ? "map-place" : "map-place map-place-inner", html: "", iconSize: null });
        const label = L.marker([properties.cp[1], properties.cp[0]], { icon: name, interactive: false, keyboard: false, pane: "land" }).addTo(map);
        label.getElement().textContent = properties.name;
      }
    });
  };
  map.on("moveend", districts);
  districts();
}

function draw(map, marks, spots, box) {
  const focused = marks.getLayers().find((m) => m.getElement?.() === document.activeElement)?.options.title;
  marks.clearLayers();
  for (const spot of spots) {
    const one = spot.n === 1 && spot.rows ? spot.rows[0] : null;
    const title = one ? one.name : box.dataset.many.replace("{n}", spot.n);
    const icon = L.divIcon({ className: one ? "map-mark" : "map-many", html: "", iconSize: one ? [24, 24] : [36, 36] });
    const mark = L.marker(spot.at, { icon, title, alt: title, keyboard: true }).addTo(marks);
    const element = mark.getElement();
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", title);
    element.textContent = one ? one.tone || "" : spot.n > 999 ? `${Math.floor(spot.n / 1000)}k` : spot.n;
    if (one && spots.length <= MOST_NAMES) mark.bindTooltip(asText(one.name), { permanent: true, direction: "right", offset: [10, 0], className: "map-name" });
    mark.on("click", () => {
      if (one) openDrawer(one.url, element);
      else if (spot.rows) names(mark, spot.rows);
      else map.setView(spot.at, Math.min(map.getZoom() + 2, 19));
    });
    mark.on("keypress", ({ originalEvent }) => originalEvent.key === "Enter" && mark.fire("click"));
    if (title === focused) element.focus();
  }
}

// Leaflet takes a string for HTML; a name is anybody's to write.
function asText(name) {
  const element = document.createElement("span");
  element.textContent = name;
  return element;
}

function names(mark, rows) {
  const list = document.createElement("ul");
  list.className = "map-names";
  for (const row of rows) {
    const link = document.createElement("a");
    link.href = row.url;
    link.dataset.drawer = row.url;
    link.textContent = row.name;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  mark.unbindPopup().bindPopup(list).openPopup();
}

const all = () => document.querySelectorAll("[data-map]").forEach(start);
document.body.addEventListener("htmx:afterSettle", all);
all();
