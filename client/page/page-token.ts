/** The token in the page's link, `#token=...`: a fragment, which browsers send to no server and write to no log. */

const KEPT_AS = 'parley-token';

/** The token that the link brought, or the one that an earlier load of this tab was given. */
export function tokenOfPage(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return sessionStorage.getItem(KEPT_AS) ?? undefined;
  sessionStorage.setItem(KEPT_AS, given);
  // Nobody who looks at the address, or is sent it, gets the token with it.
  history.replaceState(null, '', location.pathname + location.search);
  return given;
}
