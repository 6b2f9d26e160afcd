import type { Runner } from 'portolan'
import { type Finished, openShell } from '../../shell/open-shell.ts'

/** A network and mount namespace of its own. It exists as long as a shell inside it. */
export interface Namespace extends Disposable {
  /** Runs a program. Does not throw when the program fails. */
  readonly run: (command: string, args: readonly string[], input?: string) => Finished
  readonly runner: Runner
  /** The root of its file system, as seen from outside. */
  readonly root: string
}

/** @throws when the machine does not allow a namespace */
export const openNamespace = (): Namespace => {
  // iptables-legacy locks a file in /run. With a tmpfs there it does not wait for the machine's own lock.
  const shell = openShell(['unshare', '--net', '--mount'], 'mount -t tmpfs tmpfs /run &&')
  return {
    run: shell.run,
    root: `/proc/${shell.pid}/root`,
    runner: { run: async (command, args, options) => shell.run(command, args, options?.input) },
    [Symbol.dispose]: shell[Symbol.dispose],
  }
}

/** Runs a program and throws unless it succeeds without any complaint. */
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
