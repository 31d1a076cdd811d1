// A real OpenSSH server on the loopback with a throw-away account; only root can make one.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = '/usr/sbin/sshd';
const START_MS = 10_000;

export interface Account {
  name: string;
  password: string;
  home: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}

async function listens(port: number): Promise<void> {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`sshd does not listen on port ${port}.`);
}

/** A machine of its own as far as SSH can tell: own port, own host key, own account. */
export class Machine {
  readonly host = '127.0.0.1';
  fingerprint = '';
  private process: ChildProcess | undefined;
  private rules: string[] = [];

  private constructor(
    readonly port: number,
    readonly account: Account,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Machine> {
    const folder = await mkdtemp(join(tmpdir(), 'unity-sshd-'));
    await chmod(folder, 0o755);
    const account = {
      name: `unity-${randomBytes(4).toString('hex')}`,
      password: randomBytes(9).toString('base64url'),
      home: join(folder, 'home'),
    };
    const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: account.password });
    await mkdir(account.home);
    const options = ['--no-create-home', '-d', account.home, '-s', '/bin/sh', '-p'];
    execFileSync('useradd', [...options, hash.toString().trim(), account.name]);
    execFileSync('chown', [account.name, account.home]);
    const machine = new Machine(await freePort(), account, folder);
    await machine.changeHostKey();
    return machine;
  }

  /** As if somebody had installed the machine anew: another host key, all connections gone. */
  async changeHostKey(): Promise<void> {
    await this.halt();
    const key = join(this.folder, `host_${randomBytes(3).toString('hex')}`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const printed = execFileSync('ssh-keygen', ['-lf', `${key}.pub`]).toString();
    this.fingerprint = printed.split(' ')[1] ?? '';
    const config = join(this.folder, 'sshd_config');
    const settings = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${key}`,
      'PidFile none',
      'UsePAM no',
      'PasswordAuthentication yes',
      'KbdInteractiveAuthentication no',
      'UseDNS no',
      'Subsystem sftp internal-sftp',
    ];
    await writeFile(config, `${settings.join('\n')}\n`);
    await mkdir('/run/sshd', { recursive: true });
    this.process = spawn(PROGRAM, ['-D', '-f', config, '-E', join(this.folder, 'log')], {
      stdio: 'ignore',
    });
    await listens(this.port);
  }

  /** What the account's authorized_keys holds. */
  authorizedKeys(): Promise<string> {
    return readFile(join(this.account.home, '.ssh/authorized_keys'), 'utf8');
  }

  log(): Promise<string> {
    return readFile(join(this.folder, 'log'), 'utf8');
  }

  /** Does what the page told: these lines go into sudoers. */
  async allowSudo(lines: string): Promise<void> {
    const path = `/etc/sudoers.d/${this.account.name}`;
    await writeFile(path, `${lines}\n`, { mode: 0o440 });
    this.rules.push(path);
    execFileSync('visudo', ['-cf', path]);
  }

  private async halt(): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null) return;
    process.kill('SIGTERM');
    await once(process, 'exit');
    // Ends the connections that were open: each has a process of the account.
    try {
      execFileSync('pkill', ['-u', this.account.name]);
    } catch {
      // It had none.
    }
  }

  async remove(): Promise<void> {
    await this.halt();
    for (const path of this.rules) await rm(path, { force: true });
    try {
      execFileSync('userdel', ['--force', this.account.name], { stdio: 'ignore' });
    } catch {
      // userdel complains about a mail folder that is not there, after the account is gone.
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
