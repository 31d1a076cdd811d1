// Hands the diagnostics over as a file; the server has left out what is secret.
import { fetchDiagnostics, type InstanceDetail } from '../api';

export async function saveDiagnostics({ id, plugin }: InstanceDetail): Promise<void> {
  const found = await fetchDiagnostics(id);
  const file = new Blob([JSON.stringify(found, null, 2)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `unity-plugin-${plugin}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
