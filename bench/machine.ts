import { spawnSync } from 'node:child_process'
import { cpus, loadavg, release } from 'node:os'

/** The machine and the programs that were measured. Figures mean nothing without them. */
export interface Machine {
  /** The day of the measurement, as 2026-11-28. */
  readonly date: string
  readonly node: string
  readonly kernel: string
  readonly processors: string
  /** The load average of the last minute, before and during the measurement. 0: a quiet machine. */
  readonly load: number
  /** The versions of the programs that are measured or used, by name. Programs that are not installed are left out. */
  readonly versions: Readonly<Record<string, string>>
}

/** The command that prints a program's version. Debian's CNI plugins do not know theirs, so dpkg is asked. */
const questions: Readonly<Record<string, readonly string[]>> = {
  nftables: ['nft', '--version'],
  iptables: ['iptables', '--version'],
  netavark: [process.env.NETAVARK ?? '/usr/lib/podman/netavark', '--version'],
  'CNI plugins': ['dpkg-query', '--show', 'containernetworking-plugins'],
  Docker: ['dockerd', '--version'],
}

const versionOf = ([program = '', ...words]: readonly string[]): string | null => {
  const { status, stdout } = spawnSync(program, words, { encoding: 'utf8' })
  return status === 0 ? (/\d+(\.\d+)+/.exec(stdout)?.[0] ?? null) : null
}

const versionsHere = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(questions).flatMap(([name, words]) => {
      const version = versionOf(words)
      return version === null ? [] : [[name, version]]
    }),
  )

export const describeMachine = (): Machine => {
  const [first] = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    kernel: release(),
    processors: `${cpus().length} x ${first?.model ?? 'unknown'}`,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    versions: versionsHere(),
  }
}
