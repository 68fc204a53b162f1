// The token, where a stage has one: asked for once, kept for this tab.

const KEY = "noverre.token";

export const token = () => sessionStorage.getItem(KEY) ?? "";

export function bearer() {
  return token() ? { Authorization: `Bearer ${token()}` } : {};
}

/** The subprotocol that carries the token to a web socket, as base64url. */
export function socketProtocols() {
  if (!token()) return ["noverre.v1"];
  const bytes = new TextEncoder().encode(token());
  const encoded = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return ["noverre.v1", `token.${encoded}`];
}

/** Ask the person; resolves when something was entered. */
export function ask() {
  const dialog = document.getElementById("ask");
  const form = document.getElementById("ask-form");
  const field = document.getElementById("token");
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, field.value.trim());
      field.value = "";
      dialog.close();
      resolve();
    };
  });
}
