// Shows nothing: keeps in a cookie who a visitor is. With each page that is opened, and each connection that comes back,
// the browser says so again.

/** After so long without a visit the browser forgets. */
const SECONDS = 180 * 24 * 3600;

/** Streamlit calls this at first and again with each run of the page. */
export default function ({ data: { cookie, visitor } }) {
  // That of the app, not of one page: it goes with the connection, which no page's address is a part of.
  const path = new URL(".", document.baseURI).pathname;
  // Where cookies are off nothing is kept, and a reload is somebody else.
  document.cookie = `${cookie}=${visitor}; path=${path}; max-age=${SECONDS}; samesite=strict`;
  return () => {};
}
