import { describe, expect, it } from 'vitest';
import { rule } from './made-up';
import { fieldErrors } from './rule-faults';
import { labelsOf, labelsText } from './condition-values';
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
});
