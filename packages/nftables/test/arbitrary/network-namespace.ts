import type { Runner } from '@portolan/core'
import { openShell } from '../../../../test/shell/open-shell.ts'

/** A network namespace that exists as long as a shell inside it. */
export interface NetworkNamespace {
  readonly runner: Runner
  /** Loads or checks a script; throws nft's message. */
  readonly nft: (args: readonly string[], input?: string) => string
  /** The argv that enters the namespace; the program's own argv follows. */
  readonly enter: readonly string[]
  readonly close: () => void
}

const isRoot = process.getuid?.() === 0

const enter = (pid: number): readonly string[] =>
  isRoot
    ? ['nsenter', `--net=/proc/${pid}/ns/net`]
    : ['nsenter', '-U', '--preserve-credentials', '-n', '-t', String(pid)]

/** Makes an empty namespace. @throws when the machine does not allow it */
export const openNetworkNamespace = (): NetworkNamespace => {
  const shell = openShell(['unshare', isRoot ? '-n' : '-Urn'])
  return {
    runner: { run: async (command, args, options = {}) => shell.run(command, args, options.input) },
    nft: (args, input) => {
      const { exitCode, stdout, stderr } = shell.run('nft', args, input)
      if (exitCode !== 0) throw new Error(`nft ${args.join(' ')}: ${stderr}\n${input ?? ''}`)
      return stdout
    },
    enter: enter(shell.pid),
    close: () => shell[Symbol.dispose](),
  }
}

/**
 * Whether namespaces can be made here. If not, it prints so. With CI=true it throws, because a skipped suite proves
 * nothing.
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
