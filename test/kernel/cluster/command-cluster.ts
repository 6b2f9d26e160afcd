import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEtcdStore } from '@portolan/etcd'
import { type Etcd, patient } from '../../lab/neighbour/etcd.ts'
import type { CommandOn } from '../../lab/resident/command-on.ts'
import type { Running, RunOutcome } from '../../lab/run.ts'

/** An etcd server, and the command on its machine. */
export interface CommandSite {
  readonly etcd: Etcd
  readonly command: CommandOn
  readonly environment: Readonly<Record<string, string>>
}

let clusters = 0

/**
 * A cluster with these pools, or without any, and its hosts by the names of their state directories.
 *
 * @param folder - the parent folder of the state directories
 */
export const openCommandCluster = async (
  { etcd, command, environment }: CommandSite,
  folder: string,
  pools: readonly string[],
) => {
  clusters += 1
  const name = `cluster-${clusters}`
  const stateOf = (host: string): string => join(folder, `${name}-${host}`)
  const lineOf = (host: string, words: readonly string[], as = name): readonly string[] => [
    ...['cluster', ...words],
    ...['--cluster', `etcd://${etcd.inside}/${as}`, '--state', stateOf(host)],
  ]
  const run = (host: string, ...words: readonly string[]): Promise<RunOutcome> =>
    command.run(lineOf(host, words))
  const json = async (host: string, ...words: readonly string[]) => {
    const { exitCode, stdout, stderr } = await run(host, ...words, '--json')
    if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${stderr}${stdout}`)
    return JSON.parse(stdout)
  }
  if (pools.length > 0) await json('any', 'init', ...pools.flatMap((pool) => ['--pool', pool]))
  return {
    name,
    run,
    json,
    /** Runs any command without naming the cluster. */
    portolan: (host: string, ...words: readonly string[]): Promise<RunOutcome> =>
      command.run([...words, '--state', stateOf(host)]),
    url: `etcd://${etcd.inside}/${name}`,
    /** Runs a command with another cluster name, as when the name is misspelt. */
    runAs: (as: string, host: string, ...words: readonly string[]): Promise<RunOutcome> =>
      command.run(lineOf(host, words, as)),
    join: (host: string, ...words: readonly string[]) => json(host, 'join', '--member', host, ...words),
    start: (host: string, ...words: readonly string[]) =>
      etcd.machine.start(command.argv(lineOf(host, ['join', '--member', host, ...words])), { environment }),
    /** Starts any verb of `cluster`. */
    begin: (host: string, ...words: readonly string[]): Running =>
      etcd.machine.start(command.argv(lineOf(host, words)), { environment }),
    store: () => openEtcdStore({ cluster: name, endpoints: [etcd.endpoint], ...patient }),
    state: stateOf,
  }
}

export type CommandCluster = Awaited<ReturnType<typeof openCommandCluster>>

/** Makes a host look as if no program had kept it alive for 60 s. */
export const silence = async (cluster: CommandCluster, host: string): Promise<void> => {
  const store = cluster.store()
  await store.commit({ when: [], writes: [{ kind: 'delete', key: `hosts/${host}` }] })
  await store.close()
}

/** The files of a cluster in a state directory: their names and contents. */
export const memoryIn = (state: string): readonly (readonly [string, string])[] =>
  (existsSync(state) ? readdirSync(state) : [])
    .filter((name) => name.startsWith('cluster'))
    .map((name) => [name, readFileSync(join(state, name), 'utf8')])

export const blocksOf = (joined: {
  readonly blocks: readonly { readonly block: string }[]
}): readonly string[] => joined.blocks.map(({ block }) => block)
