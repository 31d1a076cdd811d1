import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';

/** The pretended server of unit tests; each test adds the answers it needs with `server.use`. */
export const server = setupServer(
  // Every list asks for its views; most tests are about something else.
  http.get('*/api/views', () => HttpResponse.json([])),
  // The login and the profile ask which other services may vouch, and for a second factor.
  http.get('*/api/auth/providers', () => HttpResponse.json([])),
  http.get('*/api/auth/links', () => HttpResponse.json([])),
  http.get('*/api/auth/second-factor', () =>
    HttpResponse.json({ is_demanded: false, is_set: false, recovery_codes_left: 0, set_at: null }),
  ),
);
