import type { Runner, RunResult } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { openShell } from '../../../../test/shell/open-shell.ts'

/** A new network namespace, and a runner that starts programs inside it. */
export interface NetworkNamespace extends Disposable {
  readonly runner: Runner
  readonly run: (command: string, args: readonly string[], input?: string) => RunResult
  readonly legacyTables: () => Readonly<Record<Family, readonly string[]>>
}

export const canMakeNamespaces = (): boolean => process.getuid?.() === 0

export const networkNamespace = (): NetworkNamespace => {
  // iptables-legacy locks a file in /run. With a tmpfs there it does not wait for the machine's own lock.
  const { run, [Symbol.dispose]: dispose } = openShell(
    ['unshare', '--net', '--mount'],
    'mount -t tmpfs tmpfs /run &&',
  )
  const names = (file: string): readonly string[] =>
    run('cat', [`/proc/net/${file}`])
      .stdout.split('\n')
      .filter((line) => line !== '')
  return {
    run,
    runner: { run: async (command, args, options) => run(command, args, options?.input) },
    legacyTables: () => ({ ip: names('ip_tables_names'), ip6: names('ip6_tables_names') }),
    [Symbol.dispose]: dispose,
  }
}
