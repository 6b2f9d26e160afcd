import { fileURLToPath } from 'node:url'
import type { HostEvent } from 'portolan'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { importOpenHost } from '../../lab/library/library.ts'
import type { Running } from '../../lab/run.ts'
import { until } from '../../lab/until.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const log = '/run/lab/events'

/** A program on the host that watches the project `shop`. */
export interface Watcher extends AsyncDisposable {
  events(): Promise<readonly HostEvent[]>
  /**
   * Waits for the next event that matches, after the last one that was returned.
   * @throws when none came in time or the program has ended, with the events that came
   */
  next(what: string, isIt: (event: HostEvent) => boolean): Promise<HostEvent>
  readonly running: Running
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a program that holds the project open and writes its events to a file. */
export const startWatcher = async (
  lab: Lab,
  backend: Backend,
  options: { readonly check?: boolean } = {},
): Promise<Watcher> => {
  const script = `
    ${importOpenHost}
    import { appendFileSync } from 'node:fs'
    const host = await openHost({ backend: '${backend}', project: 'shop', state: '/run/lab/live' })
    const ended = new AbortController()
    process.on('SIGTERM', () => ended.abort())
    for await (const event of host.watch({ signal: ended.signal, check: ${options.check === true} }))
      appendFileSync('${log}', JSON.stringify(event) + '\\n')
    await host.close()`
  const argv = ['env', '-C', repository, process.execPath, '--input-type=module', '--eval', script]
  await lab.host.writeText(log, '')
  const running = lab.host.start(argv, { timeoutMs: 300_000 })
  const { events, next } = followEvents(lab, log, running)
  // By then the program has started, checked the host and repaired it.
  await next('watching', ({ kind }) => kind === 'watching')
  return {
    events,
    next,
    running,
    [Symbol.asyncDispose]: async () => {
      running.kill('SIGTERM')
      const { exitCode, stderr } = await running.outcome
      if (exitCode !== 0 || stderr !== '') throw new Error(`the watcher exited ${exitCode}: ${stderr}`)
    },
  }
}

/** Reads the events that a program on the host writes to a file, one a line. */
export const followEvents = (lab: Lab, path: string, beside: Running): Pick<Watcher, 'events' | 'next'> => {
  const events = async (): Promise<readonly HostEvent[]> =>
    (await lab.host.readText(path))
      .split('\n')
      // The last line is empty or incomplete.
      .slice(0, -1)
      .map((line) => fromJson<HostEvent>(line))
  let seen = 0
  const next: Watcher['next'] = (what, isIt) => {
    let all: readonly HostEvent[] = []
    const look = async (): Promise<HostEvent | undefined> => {
      all = await events()
      const at = all.findIndex((event, index) => index >= seen && isIt(event))
      if (at >= 0) seen = at + 1
      return all[at]
    }
    const shows = (): string =>
      all
        .slice(seen)
        .map((event) => JSON.stringify(event).slice(0, 600))
        .join('\n')
    return until(`an event, ${what}`, look, { beside, shows })
  }
  return { events, next }
}
