// Keeps the link that was opened before a login, and opens it once after it. Only for this tab and this site.
const KEY = "unlearning.link";

export default function ({ data }) {
  const here = window.location.href;
  if (data.keep) {
    window.sessionStorage.setItem(KEY, here);
    return;
  }
  const link = window.sessionStorage.getItem(KEY);
  window.sessionStorage.removeItem(KEY);
  if (link && link !== here && new URL(link).origin === window.location.origin) window.location.replace(link);
}
