import { describe, expect, it } from 'vitest';
import { guideFor, type Block, type CommandNames } from './runbooks';

const PAGES = import.meta.glob<string>('../../../../docs/runbooks/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const page = (slug: string) => PAGES[`../../../../docs/runbooks/${slug}.md`] ?? '';
const alert = (kind: string, subject = '') => ({ kind, subject, server_name: 'nas' });

const part = (kind: string, names: Record<string, string> = {}) => ({
  kind,
  names: Object.entries(names).map(([name, value]) => ({ name, value })),
});
const machine = (parts: CommandNames['parts'], names = {}, is_root = false): CommandNames => ({
  is_root,
  names: part('', names).names,
  parts,
});

/** All that one could type, line by line. */
const typed = (blocks: Block[]) =>
  blocks.flatMap((block) => (block.kind === 'code' ? block.text.split('\n') : []));
const headings = (blocks: Block[]) =>
  blocks.flatMap((block) => (block.kind === 'heading' ? [block.text] : []));

describe('a runbook', () => {
  it('is split into headings, lists, steps, text and commands', () => {
    const text =
      '# T\n\n## A\n\ntext\nmore\n\n```\nls\n```\n\n- one\n  two\n\n1. first\n2. second\n';
    expect(guideFor(text, alert('x'))).toEqual([
      { kind: 'heading', level: 2, text: 'A' },
      { kind: 'text', text: 'text more' },
      { kind: 'code', text: 'ls' },
      { kind: 'list', items: ['one two'] },
      { kind: 'steps', items: ['first', 'second'] },
    ]);
  });

  it('has the names of the machine in it, quoted where a shell wants it', () => {
    const text = '## A\n\ndu {subject} on {server}, {pool}, {}';
    expect(guideFor(text, alert('x', "/it's"), machine([], { pool: "'a b'" }))[1]).toEqual({
      kind: 'text',
      text: String.raw`du '/it'\''s' on nas, 'a b', {}`,
    });
  });

  it('for a degraded pool has the commands of its own kind, with its own devices', () => {
    const commands = machine([part('zfs', { pool: 'tank', old: 'sdd' })]);
    const blocks = guideFor(page('pools'), alert('pool_degraded'), commands);
    expect(typed(blocks)).toContain('sudo zpool replace tank sdd /dev/disk/by-id/NEW');
    expect(typed(blocks).join('\n')).not.toMatch(/mdadm|btrfs|lvs|\{|MOUNTPOINT/);
    expect(headings(blocks)).not.toContain('It is gone');
  });

  it.each([
    ['md', { array: '/dev/md0', array_name: 'md0' }, 'sudo mdadm /dev/md0 --add /dev/NEW'],
    ['lvm', { pool: 'data' }, 'sudo vgreduce --removemissing data'],
    ['btrfs', { mount: '/srv', old: '2' }, 'sudo btrfs replace start 2 /dev/NEW /srv'],
  ])('for a degraded pool of %s names what is to be replaced', (kind, names, command) => {
    const blocks = guideFor(page('pools'), alert('pool_degraded'), machine([part(kind, names)]));
    expect(typed(blocks)).toContain(command);
    expect(typed(blocks).join('\n')).not.toContain('zpool');
  });

  it('for a drive of two arrays has the commands for both', () => {
    const commands = machine(
      [
        part('md', { pool: 'md0', array: '/dev/md0', old: '/dev/sdb1' }),
        part('md', { pool: 'md1', array: '/dev/md1', old: '/dev/sdb2' }),
        part('hdd'),
      ],
      { smart: '-d sat /dev/sdb', disk: '/dev/sdb', kernel_name: 'sdb', serial: 'WD-1' },
    );
    const blocks = guideFor(page('drives'), alert('drive_health'), commands);
    expect(headings(blocks)).toEqual(
      expect.arrayContaining([
        'Replace it in the md array: md0',
        'Replace it in the md array: md1',
      ]),
    );
    expect(typed(blocks)).toEqual(
      expect.arrayContaining([
        'sudo smartctl -x -d sat /dev/sdb',
        'sudo mdadm /dev/md0 --fail /dev/sdb1 --remove /dev/sdb1',
        'sudo mdadm /dev/md1 --fail /dev/sdb2 --remove /dev/sdb2',
      ]),
    );
  });

  it('leaves sudo out where the login is root, but not where sudo itself is asked', () => {
    const text =
      '## A\n\n```\nsudo zpool scrub x\nsudo -u postgres psql\nsudo -n -l\n```\n\nA sudo word.';
    expect(guideFor(text, alert('x'), machine([], {}, true)).slice(1)).toEqual([
      { kind: 'code', text: 'zpool scrub x\nrunuser -u postgres -- psql\nsudo -n -l' },
      { kind: 'text', text: 'A sudo word.' },
    ]);
  });

  it('shows every kind where nothing is known of the machine', () => {
    const shown = typed(guideFor(page('pools'), alert('pool_scrub'))).join('\n');
    expect(shown).toContain('sudo zpool scrub POOL');
    expect(shown).toContain('sudo btrfs scrub start MOUNTPOINT');
    expect(shown).toContain('/sys/block/mdN/md/sync_action');
  });

  it('leaves out what is for another kind of thing', () => {
    const commands = machine([part('alone'), part('hdd'), part('drive')]);
    const shown = headings(guideFor(page('drives'), alert('drive_health'), commands));
    expect(shown).toContain('Nothing else holds its data');
    expect(shown).not.toContain('The log of NVMe');
    expect(shown).not.toContain('Replace it in the ZFS pool');
  });

  it('for updates speaks of the package manager that the machine has', () => {
    const blocks = guideFor(
      page('security-updates'),
      alert('security_updates'),
      machine([part('dnf')]),
    );
    expect(typed(blocks).join('\n')).not.toContain('apt');
    expect(typed(blocks)).toContain('sudo dnf upgrade --security');
  });

  it('for a database in a container is entered through it', () => {
    const client = 'sudo docker exec -it 0a1b psql -U postgres';
    const blocks = guideFor(
      page('databases-locks'),
      alert('database_lock_waits'),
      machine([part('postgresql', { client })]),
    );
    expect(typed(blocks)).toContain(`${client} -c "SELECT pg_terminate_backend(PID)"`);
  });

  it('for a container of a user, root becomes that user and asks the right engine', () => {
    const engine = 'sudo -u "$(id -nu 1000)" env -C / XDG_RUNTIME_DIR=/run/user/1000 podman';
    const words = { engine, container: '0a1b' };
    const blocks = guideFor(
      page('databases'),
      alert('database_offline'),
      machine([part('container', words)], {}, true),
    );
    expect(typed(blocks).join('\n')).toContain(
      'runuser -u "$(id -nu 1000)" -- env -C / XDG_RUNTIME_DIR=/run/user/1000 podman start 0a1b',
    );
  });
});
