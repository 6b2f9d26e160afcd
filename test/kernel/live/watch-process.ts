import { expect } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import type { Running } from '../../lab/run.ts'
import { type BackendWord, pilotOf } from '../lifecycle/pilot.ts'
import { followEvents, type Watcher } from './watcher.ts'

const log = '/run/lab/events'
/** The path of the watched Compose file on the host. */
export const watchedFile = '/run/lab/compose.yaml'

/** A running `portolan watch`. It must exit with 0, with nothing on standard error. */
export interface Watched extends AsyncDisposable {
  readonly events: Watcher['events']
  readonly next: Watcher['next']
  readonly running: Running
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts `portolan watch --json` on the host. */
export const startWatchCommand = async (
  lab: Lab,
  backend: BackendWord,
  ...words: readonly string[]
): Promise<Watched> => startWatchWithNote(lab, backend, '', ...words)

/** @param note - a line about the text that it prints besides the events */
export const startWatchWithNote = async (
  lab: Lab,
  backend: BackendWord,
  note: string,
  ...words: readonly string[]
): Promise<Watched> => {
  await lab.host.writeText(log, '')
  const argv = pilotOf(lab, backend).argv('watch', watchedFile, '--json', ...words)
  const running = lab.host.start(['sh', '-c', `exec "$@" >> ${log}`, 'sh', ...lab.command, ...argv], {
    timeoutMs: 300_000,
  })
  const { events, next } = followEvents(lab, log, running)
  return {
    events,
    next,
    running,
    [Symbol.asyncDispose]: async () => {
      running.kill('SIGTERM')
      const { exitCode, stderr } = await running.outcome
      expect({
        exitCode,
        stderr: stderr.replaceAll(/^\S+T\S+Z portolan: the files were read again\n/gm, ''),
      }).toEqual({
        exitCode: 0,
        stderr: note,
      })
    },
  }
}
