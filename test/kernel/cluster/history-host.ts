import { fromJson } from '../../from-json.ts'
import { createProcess } from '../../lab/cluster/members-site.ts'
import type { ClusterHostMachine } from '../../lab/cluster-site.ts'
import type { Machine } from '../../lab/machine.ts'
import type { Running, RunOutcome } from '../../lab/run.ts'
import { backends } from './site-node.ts'

/** A process that is attached to a network, with the addresses that `attach` gave it. */
export interface AttachedProcess {
  readonly name: string
  readonly network: string
  readonly machine: Machine
  readonly ip: string
  readonly ip6: string | null
}

/** A host of a random history: its commands, and what the test knows of it. */
export interface HistoryHost extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly host: ClusterHostMachine
  readonly name: string
  readonly url: string
  readonly attached: readonly AttachedProcess[]
  /** The networks of the file that was applied last; none: no file is applied. */
  readonly networks: readonly string[]
  init(pools: readonly string[]): Promise<RunOutcome>
  join(count: number, ...words: readonly string[]): Promise<RunOutcome>
  apply(networks: number): Promise<RunOutcome>
  attach(at: number): Promise<void>
  detach(at: number): Promise<void>
  move(network: string): Promise<RunOutcome>
  reclaim(other: string): Promise<RunOutcome>
  release(): Promise<RunOutcome>
  /** Starts a command that keeps running; where it runs already, ends it by this signal. */
  toggle(what: 'watch' | 'join', signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  endPrograms(): Promise<void>
  run(verb: string, ...words: readonly string[]): Promise<RunOutcome>
  destroy(): Promise<RunOutcome>
}

const networksOf = ['front', 'back', 'side']

const textOf = (networks: readonly string[]): string => `
name: shop
networks:
${networks.map((name) => `  ${name}: {enable_ipv6: ${name === 'front'}}`).join('\n')}
services:
${networks.map((name, at) => `  web-${name}: {ports: ["${8080 + at}:80"], networks: [${name}]}`).join('\n')}
`

/** A command line that ended in another way than a command line may. */
const check = (words: readonly string[], { exitCode, stdout, stderr }: RunOutcome): void => {
  const line = words.join(' ')
  const isKnown = exitCode !== null && [0, 1, 2, 3, 4].includes(exitCode)
  const isBroken = /\n {4}at |undefined|\[object|NaN|UNEXPECTED|bug/.test(stderr)
  if (!isKnown || isBroken) throw new Error(`${line} ended with ${exitCode}: ${stderr}${stdout}`)
  if (exitCode === 1 && stderr === '') throw new Error(`${line} exited with 1 and said nothing: ${stdout}`)
}

/** A message that etcd has lost data. */
const saysLoss = /older copy|lost (its )?data|knows nothing of/

/**
 * @param isRestored - has etcd got an older copy of its data?
 * @param say - hears each command line with its outcome
 */
export const createHistoryHost = (
  host: ClusterHostMachine,
  url: string,
  isRestored: () => boolean,
  say: (line: string) => void,
): HistoryHost => {
  const { name } = host.machine
  const backend = backends[name as keyof typeof backends] ?? 'nftables'
  const file = '/run/lab/compose.yaml'
  const attached: AttachedProcess[] = []
  const programs = new Map<string, Running>()
  let networks: readonly string[] = []
  let processes = 0
  const checkLoss = (words: readonly string[], { stdout, stderr }: RunOutcome): void => {
    const [told] = isRestored() ? [] : (saysLoss.exec(`${stderr}${stdout}`) ?? [])
    if (told !== undefined) throw new Error(`${words.join(' ')} says that etcd lost data: ${stderr}${stdout}`)
  }
  const portolan = async (...words: readonly string[]): Promise<RunOutcome> => {
    const outcome = await host.portolan(...words)
    const said = outcome.exitCode === 0 ? '' : outcome.stderr.split('\n')[0]
    say(`${name}: ${words.join(' ')} -> ${outcome.exitCode} ${said}`)
    check(words, outcome)
    checkLoss(words, outcome)
    return outcome
  }
  const run: HistoryHost['run'] = (verb, ...words) =>
    portolan(verb, '-f', file, '--backend', backend, ...words)
  const ofCluster = (verb: string, ...words: readonly string[]): Promise<RunOutcome> =>
    portolan('cluster', verb, ...words, '--cluster', url)
  const wordsOf = {
    watch: ['watch', '-f', file, '--backend', backend, '--cluster', url],
    join: ['cluster', 'join', '--watch', '--member', name, '--cluster', url],
  }
  return {
    host,
    name,
    url,
    attached,
    get networks() {
      return networks
    },
    run,
    init: (pools) => ofCluster('init', ...pools.flatMap((pool) => ['--pool', pool])),
    join: (count, ...words) => ofCluster('join', '--member', name, '--count', String(count), ...words),
    async apply(count) {
      const wanted = networksOf.slice(
        0,
        Math.max(count, ...attached.map((one) => networksOf.indexOf(one.network) + 1)),
      )
      const before = networks.length === 0 ? null : textOf(networks)
      await host.write('compose.yaml', textOf(wanted))
      const outcome = await run('apply', '--yes', '--cluster', url)
      if (outcome.exitCode === 0) networks = wanted
      else if (before !== null) await host.write('compose.yaml', before)
      return outcome
    },
    async attach(at) {
      const network = networks[at % Math.max(1, networks.length)]
      if (network === undefined) return
      processes += 1
      const process = `${name}-job-${processes}`
      const machine = await createProcess(process)
      const words = ['attach', network, '--netns', String(machine.pid), '--name', process, '--json']
      const outcome = await run(words[0] ?? '', ...words.slice(1))
      if (outcome.exitCode !== 0) {
        const inside = await machine.mustRun(['ip', '-o', 'link'])
        await machine[Symbol.asyncDispose]()
        if (inside.includes('eth0')) throw new Error(`a refused attach left an interface: ${outcome.stderr}`)
        return
      }
      const { ip, ip6 } = fromJson<{ readonly ip: string; readonly ip6: string | null }>(outcome.stdout)
      attached.push({ name: process, network, machine, ip, ip6 })
    },
    async detach(at) {
      const one = attached[at % Math.max(1, attached.length)]
      if (one === undefined) return
      const outcome = await run('detach', one.name)
      if (outcome.exitCode !== 0) throw new Error(`detach: ${outcome.stderr}`)
      attached.splice(attached.indexOf(one), 1)
      await one.machine[Symbol.asyncDispose]()
    },
    move: (network) => run('move', network, '--yes', '--cluster', url),
    reclaim: (other) => ofCluster('reclaim', '--member', other, '--grace', '0', '--yes'),
    release: () => ofCluster('release'),
    async toggle(what, signal) {
      const running = programs.get(what)
      if (running !== undefined && !running.ended()) {
        running.kill(signal)
        await running.outcome
        programs.delete(what)
        return
      }
      if (what === 'watch' && networks.length === 0) return
      say(`${name}: starts ${what}`)
      programs.set(what, host.start(...wordsOf[what]))
    },
    async endPrograms() {
      for (const [what, running] of programs) {
        if (running.ended()) say(`${name}: ${what} had ended: ${running.printed()}`)
        running.kill('SIGTERM')
        const { stderr } = await running.outcome
        check([what], { ...(await running.outcome), exitCode: 0 })
        checkLoss([what], await running.outcome)
        if (stderr !== '') say(`${name}: ${what} said ${stderr}`)
      }
      programs.clear()
    },
    async destroy() {
      for (const one of attached) await one.machine[Symbol.asyncDispose]()
      attached.length = 0
      const outcome = await portolan('destroy', '-p', 'shop', '--yes')
      networks = []
      return outcome
    },
    async [Symbol.asyncDispose]() {
      for (const running of programs.values()) running.kill('SIGKILL')
      for (const one of attached) await one.machine[Symbol.asyncDispose]()
    },
  }
}
