import { commandLine, type Outcome, run, type Setting } from './portolan.ts'

/**
 * Runs the command on a terminal (script(1), which every Debian has), so that it may ask and use colour. A terminal has
 * one stream: standard error is in `stdout` too, and lines end with CR LF.
 */
export const onTerminal = (words: readonly string[], setting: Setting): Promise<Outcome> => {
  const line = [...commandLine, ...words].map((word) => `'${word}'`).join(' ')
  return run([...(setting.under ?? []), 'script', '-qec', line, '/dev/null'], setting)
}
