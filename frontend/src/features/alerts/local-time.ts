// Times as <input type="datetime-local"> writes them: on the clock of the person who looks.

/** "2026-03-28T22:00" in this browser's zone. */
export function toLocal(at: Date): string {
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** The same instant as the API wants it; an empty text for what is no time. */
export function fromLocal(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

/** So many milliseconds from now, as the API wants it. */
export function fromNow(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString();
}

/** The same on the clock of the person who looks. */
export function localFromNow(milliseconds: number): string {
  return toLocal(new Date(Date.now() + milliseconds));
}

export function isAhead(at: string | null): boolean {
  return at !== null && Date.parse(at) > Date.now();
}

export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
