import { spawnSync } from 'node:child_process'
import type { Runner, RunResult } from '@portolan/core'
import type { Family } from '@portolan/netfilter'

/** A network namespace of our own, and a runner whose programs run inside it. */
export interface NetworkNamespace extends Disposable {
  readonly runner: Runner
  readonly run: (command: string, args: readonly string[], input?: string) => RunResult
  readonly legacyTables: () => Readonly<Record<Family, readonly string[]>>
}

let made = 0

export const canMakeNamespaces = (): boolean => process.getuid?.() === 0

const spawn = (command: string, args: readonly string[], input = ''): RunResult => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8' })
  if (error !== undefined) throw error
  return { exitCode: status ?? -1, stdout, stderr }
}

export const networkNamespace = (): NetworkNamespace => {
  made += 1
  const name = `portolan-ipt-${process.pid}-${made}`
  const added = spawn('ip', ['netns', 'add', name])
  if (added.exitCode !== 0) throw new Error(`ip netns add ${name}: ${added.stderr}`)
  const run = (command: string, args: readonly string[], input?: string): RunResult =>
    spawn('ip', ['netns', 'exec', name, command, ...args], input)
  const names = (file: string): readonly string[] =>
    run('cat', [`/proc/net/${file}`])
      .stdout.split('\n')
      .filter((line) => line !== '')
  return {
    run,
    runner: { run: async (command, args, options) => run(command, args, options?.input) },
    legacyTables: () => ({ ip: names('ip_tables_names'), ip6: names('ip6_tables_names') }),
    [Symbol.dispose]: () => {
      spawn('ip', ['netns', 'del', name])
    },
  }
}
