import { commandLine, type Outcome, run, type Setting } from './portolan.ts'

/**
 * Runs the command on a terminal (script(1), which comes with every Debian), so that it may ask and use colour.
 * A terminal has one stream: what goes to standard error is in `stdout` too, with CR LF at the ends of lines.
 */
export const onTerminal = (words: readonly string[], setting: Setting): Promise<Outcome> => {
  const line = [...commandLine, ...words].map((word) => `'${word}'`).join(' ')
  return run([...(setting.under ?? []), 'script', '-qec', line, '/dev/null'], setting)
}
