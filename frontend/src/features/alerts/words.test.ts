import { describe, expect, it } from 'vitest';
import { rule } from './made-up';
import { fieldErrors } from './rule-faults';
import { labelsOf, labelsText } from './condition-values';
import { blocksOf, fillIn } from './runbooks';
import { definitionInWords, inWords, withUnit } from './words';

describe('words', () => {
  it('say matchers, levels and conditions as people do', () => {
    expect(inWords({ field: 'label', label: 'device', match: 'like', values: ['sd*'] })).toBe(
      'label device is like sd*',
    );
    expect(withUnit(93.456, 'percent')).toBe('93.5 %');
    expect(definitionInWords(rule().definition)).toBe('unity_memory_used_percent is above 90 %');
  });

  it('labels are the same after a round through their line', () => {
    const text = 'mode=busy, device~sd*, fstype!=tmpfs, name!~a?';
    expect(labelsText(labelsOf(text))).toBe(text);
  });

  it('faults find their field', () => {
    expect(
      fieldErrors([
        { pointer: '/body/definition/threshold', detail: 'Value error, The level lies above.' },
        { pointer: '/body/scope/tags', detail: 'Nothing has the tag.' },
      ]),
    ).toEqual({ clear_level: 'The level lies above.', tags: 'Nothing has the tag.' });
  });

  it('runbooks quote what a person would have to quote', () => {
    const filled = fillIn('du {subject} on {server}', { subject: "/it's", server_name: 'nas' });
    expect(filled).toBe(String.raw`du '/it'\''s' on nas`);
    expect(blocksOf('# T\n\n## A\n\ntext\nmore\n\n```\nls\n```\n\n- one\n  two\n')).toEqual([
      { kind: 'heading', text: 'A' },
      { kind: 'text', text: 'text more' },
      { kind: 'code', text: 'ls' },
      { kind: 'list', items: ['one two'] },
    ]);
  });
});
