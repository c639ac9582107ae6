// Forms with input that would be lost: data-guard. A module of its own, so that none imports in a circle.
export const dirty = new WeakSet();
export const unsaved = (root = document) => [...root.querySelectorAll("form[data-guard]")].some((form) => dirty.has(form) && !form.dataset.sent);
