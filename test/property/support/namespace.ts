import type { Runner } from 'portolan'
import { type Finished, openShell } from '../../shell/open-shell.ts'

/** Network and mounts of our own, alive as long as a shell in them. */
export interface Namespace extends Disposable {
  /** Never throws for what a program says. */
  readonly run: (command: string, args: readonly string[], input?: string) => Finished
  readonly runner: Runner
  /** Its file system as seen from outside. */
  readonly root: string
}

/** @throws where the machine does not allow it */
export const openNamespace = (): Namespace => {
  // iptables-legacy locks a file in /run; a tmpfs there keeps it from waiting for the machine's own.
  const shell = openShell(['unshare', '--net', '--mount'], 'mount -t tmpfs tmpfs /run &&')
  return {
    run: shell.run,
    root: `/proc/${shell.pid}/root`,
    runner: { run: async (command, args, options) => shell.run(command, args, options?.input) },
    [Symbol.dispose]: shell[Symbol.dispose],
  }
}

/** Runs a program and insists that it succeeds without a word of complaint. */
export const insist = (
  namespace: Namespace,
  command: string,
  args: readonly string[],
  input = '',
): string => {
  const { exitCode, stdout, stderr } = namespace.run(command, args, input)
  if (exitCode !== 0)
    throw new Error(`${command} ${args.join(' ')} exited with ${exitCode}: ${stderr}\n${input}`)
  return stdout
}
