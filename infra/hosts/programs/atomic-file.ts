import { renameSync, writeFileSync } from "node:fs";

/** Replaces a file in one step: who reads it meanwhile, or after a power cut, finds the old text or the new one. */
export function writeAtomically(file: string, text: string): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, text, { flush: true });
  renameSync(draft, file);
}
