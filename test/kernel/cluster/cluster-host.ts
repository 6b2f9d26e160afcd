import { type CommandOutcome, type Lab, openLab } from '../../lab/lab.ts'
import { type Etcd, startEtcd } from '../../lab/neighbour/etcd.ts'
import { type Pilot, pilotOf } from '../lifecycle/pilot.ts'

/** The cluster of these tests, as the host names it. */
export const url = 'etcd://127.0.0.1:2379/prod'

/** These tests start many processes one after another. On a busy machine that takes minutes. */
export const longTestMs = 600_000

/** A host beside an etcd server, one for each test. */
export const clusterHost = () => {
  let opened: { readonly lab: Lab; readonly etcd: Etcd } | null = null

  const close = async (): Promise<void> => {
    const { lab, etcd } = opened ?? {}
    opened = null
    await etcd?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  }

  /** A host beside an etcd server, and the command on it. */
  const open = async (pool: string) => {
    const lab = await openLab()
    const etcd = await startEtcd(lab.host)
    opened = { lab, etcd }
    const pilot: Pilot = pilotOf(lab, 'nftables', { state: null })
    const run = (...words: readonly string[]): Promise<CommandOutcome> => lab.portolan(words)
    const cluster = async (...words: readonly string[]) => {
      const { exitCode, stdout, stderr } = await run('cluster', ...words, '--cluster', url, '--json')
      if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${stderr}${stdout}`)
      return JSON.parse(stdout)
    }
    await cluster('init', '--pool', pool)
    return { lab, etcd, pilot, run, cluster }
  }
  return { open, close }
}

/** A bridge of another program on the host. */
export const spareBridge = async (lab: Lab): Promise<string> => {
  await lab.host.ip('link add spare type bridge', 'link set spare up')
  return 'spare'
}
