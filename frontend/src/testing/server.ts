import { setupServer } from 'msw/node';

/** The pretended server of unit tests; each test adds the answers it needs with `server.use`. */
export const server = setupServer();
