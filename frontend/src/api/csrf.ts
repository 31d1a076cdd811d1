// The token that proves a write comes from this page. It comes with the session and lives only here.
let current: string | null = null;

export function setCsrfToken(token: string | null): void {
  current = token;
}

export function csrfToken(): string | null {
  return current;
}
