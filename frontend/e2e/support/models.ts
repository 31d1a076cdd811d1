// A server of language models, the one of the backend's tests: it says what it is told to say.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** One turn of the model: the tools it calls, each with what it gives them. */
export interface Turn {
  calls: [string, object][];
}

export class Models {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(): Promise<Models> {
    const child = spawn(join(ROOT, '.venv/bin/python'), ['-m', 'tests.parts.ai_server'], {
      cwd: join(ROOT, 'backend'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new Models(child, Number(line.toString()));
  }

  /** Where its API of the OpenAI kind begins. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** Lets the model named `script` say this, one after the other. */
  async say(...replies: Turn[]): Promise<void> {
    const where = `http://127.0.0.1:${this.port}/script`;
    const answer = await fetch(where, { method: 'POST', body: JSON.stringify({ replies }) });
    if (!answer.ok) throw new Error(`The models did not take it: ${answer.status}`);
  }

  /** All that was sent to it since, as text. */
  async heard(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.port}/heard`)).text();
  }

  stop(): void {
    this.child.kill();
  }
}
