import { execFileSync } from 'node:child_process'
import { describe, test } from '@jest/globals'
import type { Backend } from './backend.ts'

const reads: Readonly<Record<Backend, readonly (readonly string[])[]>> = {
  nftables: [['nft', 'add', 'table', 'inet', 'gate']],
  'iptables-nft': [
    ['iptables-nft', '-t', 'nat', '-N', 'GATE'],
    ['ip6tables-nft', '-t', 'nat', '-N', 'GATE'],
  ],
  'iptables-legacy': [
    ['iptables-legacy', '-t', 'nat', '-N', 'GATE'],
    ['ip6tables-legacy', '-t', 'nat', '-N', 'GATE'],
  ],
}

// iptables-legacy locks /run/xtables.lock, which only the machine's own root may write.
const ownRun = 'mount -t tmpfs tmpfs /run'

/** Cached per backend, so that the programs start once for each backend and not for each suite. */
const obstacles = new Map<Backend, string | null>()

/** The reason why this kernel cannot run the backend, as a sentence; null: it can. */
export const obstacle = (backend: Backend): string | null => {
  const known = obstacles.get(backend)
  if (known !== undefined) return known
  const found = findObstacle(backend)
  obstacles.set(backend, found)
  return found
}

const findObstacle = (backend: Backend): string | null => {
  for (const command of reads[backend]) {
    try {
      execFileSync('unshare', ['--net', '--mount', 'sh', '-c', `${ownRun} && exec "$@"`, 'sh', ...command], {
        stdio: 'pipe',
      })
    } catch (error) {
      const { stderr = '', message } = error as { stderr?: string | Buffer; message: string }
      return `\`${command.join(' ')}\` fails in a network namespace of its own: ${String(stderr).trim() || message}`
    }
  }
  return null
}

/**
 * Describes a suite that needs a kernel with this backend. Without one, a single test stands for the suite and prints
 * the reason. It passes on a developer's machine, and fails in continuous integration (CI=true).
 */
export const describeOnKernel = (title: string, backend: Backend, body: () => void): void => {
  const reason = obstacle(backend)
  if (reason === null) {
    describe(title, body)
    return
  }
  const text = `NOT RUN: ${title}. ${reason} Run as root, or inside \`unshare -Urnm\` with a tmpfs on /run.`
  describe(title, () => {
    test('can be asked of this kernel', () => {
      if (process.env.CI === 'true') throw new Error(text)
      process.stderr.write(`\n*** ${text}\n`)
    })
  })
}
