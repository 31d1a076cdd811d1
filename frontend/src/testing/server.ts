import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';

/** The pretended server of unit tests; each test adds the answers it needs with `server.use`. */
export const server = setupServer(
  // Every list asks for its views; most tests are about something else.
  http.get('*/api/views', () => HttpResponse.json([])),
  // The log-in asks which other services may vouch; most tests have none.
  http.get('*/api/auth/providers', () => HttpResponse.json([])),
);
