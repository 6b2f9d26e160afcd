import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import type { Runner } from '@portolan/core'

/** A network namespace that lives as long as a process of ours. */
export interface NetworkNamespace {
  readonly runner: Runner
  /** Loads or checks a script; throws with nft's words. */
  readonly nft: (args: readonly string[], input?: string) => string
  /** The program and arguments that run another inside. */
  readonly enter: readonly string[]
  readonly close: () => void
}

const isRoot = process.getuid?.() === 0

const enter = (pid: number): readonly string[] =>
  isRoot
    ? ['nsenter', `--net=/proc/${pid}/ns/net`]
    : ['nsenter', '-U', '--preserve-credentials', '-n', '-t', String(pid)]

const waitUntilApart = (child: ChildProcess): number => {
  const { pid } = child
  if (pid === undefined) throw new Error('unshare did not start')
  const own = readlinkSync('/proc/self/ns/net')
  for (let turn = 0; turn < 200; turn += 1) {
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== own) return pid
    } catch {
      break
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  }
  throw new Error('cannot make a network namespace: run the tests as root, or allow user namespaces')
}

/** Makes a namespace with nothing in it. @throws where the machine does not allow it */
export const openNetworkNamespace = (): NetworkNamespace => {
  const child = spawn('unshare', [isRoot ? '-n' : '-Urn', 'sleep', '600'], { stdio: 'ignore' })
  const entry = enter(waitUntilApart(child))
  const [program = 'nsenter', ...prefix] = entry
  const run = (command: string, args: readonly string[], input = '') =>
    spawnSync(program, [...prefix, command, ...args], { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
  return {
    runner: {
      run: async (command, args, options = {}) => {
        const { status, stdout, stderr } = run(command, args, options.input)
        return { exitCode: status ?? 1, stdout, stderr }
      },
    },
    nft: (args, input) => {
      const { status, stdout, stderr } = run('nft', args, input)
      if (status !== 0) throw new Error(`nft ${args.join(' ')}: ${stderr}\n${input ?? ''}`)
      return stdout
    },
    enter: entry,
    close: () => {
      child.kill('SIGKILL')
    },
  }
}

/**
 * Whether namespaces can be made here. Says so loudly where they cannot; with CI=true that is an error, since
 * a suite that skips itself proves nothing.
 */
export const hasNamespaces = (): boolean => {
  try {
    const namespace = openNetworkNamespace()
    namespace.nft(['list', 'ruleset'])
    namespace.close()
    return true
  } catch (cause) {
    if (process.env.CI === 'true') throw new Error('CI must be able to run the kernel tests', { cause })
    process.stderr.write(`\nSKIPPED: the kernel tests of nftables cannot run here (${String(cause)})\n\n`)
    return false
  }
}
