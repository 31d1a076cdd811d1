// Every failed call becomes an ApiProblem (RFC 9457), also when Unity did not answer at all.

export interface FieldError {
  detail: string;
  pointer: string;
}

interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  fix?: string;
  instance?: string;
  errors?: FieldError[];
  [extension: string]: unknown;
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly fix: string | undefined;
  readonly instance: string | undefined;
  readonly fields: FieldError[];
  readonly body: ProblemBody;

  constructor(status: number, body: ProblemBody) {
    super(body.detail ?? body.title ?? `The request failed with status ${status}.`);
    this.name = 'ApiProblem';
    this.status = status;
    this.body = body;
    this.type = body.type ?? 'about:blank';
    this.title = body.title ?? `The request failed (${status}).`;
    // The server sends an empty text where it has nothing to say.
    this.detail = body.detail || undefined;
    this.fix = body.fix || undefined;
    this.instance = body.instance;
    this.fields = Array.isArray(body.errors) ? body.errors : [];
  }

  /** True for `/problems/<name>` wherever the problem pages live. */
  is(name: string): boolean {
    return this.type === name || this.type.endsWith(`/${name}`);
  }
}

export async function problemFrom(response: Response): Promise<ApiProblem> {
  if (response.headers.get('content-type')?.includes('json')) {
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    if (body !== null && typeof body === 'object')
      return new ApiProblem(response.status, body as ProblemBody);
  }
  return new ApiProblem(response.status, {
    title: `Unity answered with status ${response.status}`,
    detail: 'The answer did not say why. A proxy in front of Unity may have written it.',
  });
}

export function toProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  // fetch rejects with a TypeError when there was no answer.
  if (error instanceof TypeError)
    return new ApiProblem(0, {
      type: 'no-answer',
      title: 'Unity does not answer',
      detail: 'The request did not reach the server, or its answer did not come back.',
      fix: 'Check that Unity is running and that this device is on its network, then try again.',
    });
  return new ApiProblem(0, {
    title: 'This part of the page failed',
    detail: error instanceof Error ? error.message : String(error),
  });
}
