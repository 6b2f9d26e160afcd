import { afterAll, beforeAll, expect } from '@jest/globals'
import { attach, type PlanJson } from '../../lab/attach.ts'
import type { Lab } from '../../lab/lab.ts'
import { describeBeside } from '../../lab/neighbour/describe-beside.ts'
import { type Etcd, startEtcd } from '../../lab/neighbour/etcd.ts'
import { type CommandOn, commandOn } from '../../lab/resident/command-on.ts'
import { printedBy, type Running, type RunOutcome } from '../../lab/run.ts'
import { addresses } from '../../lab/topology.ts'
import { workerLabs } from '../../lab/worker-labs.ts'
import { pilotOf } from '../lifecycle/pilot.ts'
import { followEvents, type Watcher } from '../live/watcher.ts'

const log = '/run/lab/events'
/** The key of the text of project `shop` in etcd. */
export const key = '/prod/shop'
const url = `etcd://${key}`

/** A Compose text with a service that has these ports. */
export const shop = (...ports: readonly string[]): string =>
  `services: {nginx: {ports: [${ports.map((port) => `'${port}'`).join(', ')}]}}\n`

let opened: { readonly lab: Lab; readonly etcd: Etcd; readonly command: CommandOn } | null = null
/** The lab, etcd and the resident command of the running suite. */
export const here = () => {
  if (opened === null) throw new Error('there is no lab')
  return opened
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64')
/** Makes a call of etcd's JSON gateway, and returns its answer. */
export const askEtcd = (path: string, body: object): Promise<string> =>
  here().etcd.machine.mustRun([
    ...['curl', '--silent', '--fail', '--data', JSON.stringify(body)],
    `http://${here().etcd.inside}/v3/kv/${path}`,
  ])
/** Writes the text of the project to its key. */
export const putText = (text: string): Promise<string> =>
  askEtcd('put', { key: base64(key), value: base64(text) })

/** The words for the cluster of these tests. */
export const cluster = (): readonly string[] => ['--cluster', `etcd://${here().etcd.inside}/prod`]

/** Runs a command line on the host. The first one of each verb has a process of its own. */
export const run = (...words: readonly string[]): Promise<RunOutcome> => here().command.run(words)
/** The same, and throws unless it exits with 0. */
export const mustRun = async (...words: readonly string[]): Promise<string> =>
  printedBy(words, {}, await run(...words))

/** The words of `portolan watch --intent` for the project's key. */
export const watchWords = (...words: readonly string[]): readonly string[] => [
  ...['watch', '--intent', url, ...cluster(), '--backend', 'nftables', '--json', ...words],
]

/** True: one probe of the client is answered at the host port. */
export const answersNow = async (port: number): Promise<boolean> => {
  const { lab } = here()
  const destination = addresses.ip.host
  return (await lab.client.probe({ protocol: 'tcp', destination, port })).delivered
}

/** The same, with the patience that a busy machine needs. For a port that has to answer. */
export const answersInTime = async (port: number): Promise<boolean> => {
  const { lab } = here()
  return (await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port })).delivered
}

let running: Running | null = null
let next: Watcher['next'] = async () => {
  throw new Error('nothing watches')
}

/** Starts the watch of the key. It writes its events to a file. */
export const startWatch = async (): Promise<void> => {
  const { lab } = here()
  await lab.host.writeText(log, '')
  running = lab.host.start(['sh', '-c', `exec "$@" >> ${log}`, 'sh', ...lab.command, ...watchWords()], {
    timeoutMs: 300_000,
  })
  next = followEvents(lab, log, running).next
}

/** Stops the watch if one runs. It must exit with 0. */
export const stopWatch = async (): Promise<void> => {
  running?.kill('SIGTERM')
  const ended = await running?.outcome
  running = null
  expect(ended?.exitCode ?? 0).toBe(0)
}

/** Waits until the watch says that a text is in force. */
export const untilInForce = (): Promise<unknown> => next('watching', ({ kind }) => kind === 'watching')
/** Waits for the next failure of the watch. Resolves with its code and message. */
export const untilFailed = async (): Promise<string> => {
  const event = await next('failed', ({ kind }) => kind === 'failed')
  return event.kind === 'failed' ? `${event.error.code}: ${event.error.message}` : ''
}

/** Waits until the watch refuses a text, and until the old text is watched again. Resolves with the reason. */
export const untilRefused = async (): Promise<string> => {
  const why = await untilFailed()
  await untilInForce()
  return why
}

/** Waits for the next event of the watch that matches. */
export const nextEvent: Watcher['next'] = (...words) => next(...words)

/** Starts the container of nginx with the addresses of a plan for this text, unless it runs already. */
export const attachNginx = async (text: string): Promise<PlanJson> => {
  const { lab } = here()
  const pilot = pilotOf(lab, 'nftables', { state: null })
  const planned = await pilot.plan(`name: shop\n${text}`, ...cluster())
  const { exitCode } = await lab.host.run(['ip', 'link', 'show', 'v-nginx'])
  if (exitCode !== 0) await attach(lab, planned, 'nginx')
  return planned
}

/** Runs `portolan watch --intent --once`. */
export const watchOnce = () => run(...watchWords('--once'))
/** Deletes the key of the project. */
export const deleteText = () => askEtcd('deleterange', { key: base64(key) })
export const destroy = (...words: readonly string[]) => run('destroy', '--yes', ...words)
/** The bridges of the host, as `ip -d link` prints them. */
export const bridges = async (): Promise<string> =>
  here().lab.host.mustRun(['ip', '-d', 'link', 'show', 'type', 'bridge'])
/** The default state directory, which these tests use. */
export const state = '/var/lib/portolan'

/** Tests with a host in a cluster. Its project is a text in etcd. */
export const describeStored = (title: string, body: () => void): void =>
  describeBeside(title, ['etcd'], () => {
    beforeAll(async () => {
      const lab = await workerLabs().open()
      opened = { lab, etcd: await startEtcd(lab.host), command: commandOn(lab.host, {}) }
      for (const words of [
        ['init', '--pool', '10.64.0.0/12:24'],
        ['join', '--member', 'web-1'],
      ])
        await mustRun('cluster', ...words, ...cluster())
    })
    afterAll(async () => {
      running?.kill('SIGKILL')
      await running?.outcome
      await opened?.command[Symbol.asyncDispose]()
      await opened?.etcd[Symbol.asyncDispose]()
      await opened?.lab[Symbol.asyncDispose]()
      // The next suite of this worker must begin without them.
      running = null
      opened = null
    })
    body()
  })
