import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEtcdStore } from '@portolan/etcd'
import { type Etcd, patient } from '../../lab/neighbour/etcd.ts'
import type { CommandOn } from '../../lab/resident/command-on.ts'
import type { Running, RunOutcome } from '../../lab/run.ts'

/** A server of etcd, and the command on its machine. */
export interface CommandSite {
  readonly etcd: Etcd
  readonly command: CommandOn
  readonly environment: Readonly<Record<string, string>>
}

let clusters = 0

/**
 * A cluster with pools, or without any, and its hosts by the names of their state directories.
 *
 * @param folder - where those are
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
    /** Any command, without a cluster that is named. */
    portolan: (host: string, ...words: readonly string[]): Promise<RunOutcome> =>
      command.run([...words, '--state', stateOf(host)]),
    url: `etcd://${etcd.inside}/${name}`,
    /** With another name of the cluster, as where that is misspelt. */
    runAs: (as: string, host: string, ...words: readonly string[]): Promise<RunOutcome> =>
      command.run(lineOf(host, words, as)),
    join: (host: string, ...words: readonly string[]) => json(host, 'join', '--member', host, ...words),
    start: (host: string, ...words: readonly string[]) =>
      etcd.machine.start(command.argv(lineOf(host, ['join', '--member', host, ...words])), { environment }),
    /** Starts any of its verbs. */
    begin: (host: string, ...words: readonly string[]): Running =>
      etcd.machine.start(command.argv(lineOf(host, words)), { environment }),
    store: () => openEtcdStore({ cluster: name, endpoints: [etcd.endpoint], ...patient }),
    state: stateOf,
  }
}

export type CommandCluster = Awaited<ReturnType<typeof openCommandCluster>>

/** As if 60 s had passed in which no program kept a host alive. */
export const silence = async (cluster: CommandCluster, host: string): Promise<void> => {
  const store = cluster.store()
  await store.commit({ when: [], writes: [{ kind: 'delete', key: `hosts/${host}` }] })
  await store.close()
}

/** What a state directory remembers of a cluster: names of files, and what is in them. */
export const memoryIn = (state: string): readonly (readonly [string, string])[] =>
  (existsSync(state) ? readdirSync(state) : [])
    .filter((name) => name.startsWith('cluster'))
    .map((name) => [name, readFileSync(join(state, name), 'utf8')])

export const blocksOf = (joined: {
  readonly blocks: readonly { readonly block: string }[]
}): readonly string[] => joined.blocks.map(({ block }) => block)
