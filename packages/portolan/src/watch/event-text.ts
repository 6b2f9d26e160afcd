import { visibleLine } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import { printConflict } from '../plan/print/print-conflicts.ts'
import { plainLook } from '../text/look.ts'
import { plainStyle, type Style } from '../text/style.ts'
import type { Cause, DriftChange, HostEvent } from './host-event.ts'

/** This many changes are named in a line; the rest is counted. */
const MOST_NAMED = 3

/**
 * An event as lines for people: what happened, why, and what was done about it.
 *
 * @param since - `new`: the intent has just changed, so nothing was damaged; `kept`: the new intent was refused and the
 * earlier one is still held; `amiss`: something differs from the intent and was left so; null: none of these
 * @param written - how a command of `portolan` is written
 */
export const eventText = (
  event: HostEvent,
  style: Style = plainStyle,
  since: 'new' | 'kept' | 'amiss' | null = null,
  written: (command: string) => string = (command) => command,
): readonly string[] => {
  const head = `${style.dim(event.at)} ${event.project}: `
  const line = (text: string): string => `${head}${visibleLine(text)}`
  switch (event.kind) {
    case 'watching':
      return [line(watchingText(event.backend, since))]
    case 'drift':
      return [
        line(
          `${since === 'new' && event.outcome === 'repaired' ? 'applied' : outcomes[event.outcome](event.afterMs)}: ${changesText(event.changes)}${causesText(event.causes)}`,
        ),
      ]
    case 'conflict':
      return [line('a conflict'), ...printConflict(event.conflict, { ...plainLook, style })]
    case 'conflict-gone':
      return [line(`no longer: ${event.conflict.kind}, ${event.conflict.message}`)]
    case 'contended':
      return [
        line(
          `${event.by.length === 0 ? 'another program' : event.by.join(' and ')} changed ${objectsText(event.objects)} ${event.times} times in ${Math.ceil(event.withinMs / 1000)} s, and each time that was repaired. The next repair waits ${event.pauseMs / 1000} s. If this goes on, stop that program, or stop this watch and end the project with "${written(`portolan destroy -p ${event.project}`)}".`,
        ),
      ]
    case 'failed':
      return [
        line(
          // A message with a place in a file ends without a full stop, so it stands last.
          `${event.retryMs === null ? 'the project is held as it was' : `it is tried again in ${event.retryMs / 1000} s`}: ${event.error.message}`,
        ),
      ]
  }
}

const watchingText = (backend: Backend, since: 'new' | 'kept' | 'amiss' | null): string => {
  if (since === 'amiss') return `what is in force differs from what is wanted; watched with ${backend}`
  return `${since === 'kept' ? 'what was in force before is still ' : ''}in force with ${backend}, and watched`
}

const outcomes = {
  repaired: (afterMs: number | null) =>
    afterMs === null ? 'repaired' : `repaired after ${Math.ceil(afterMs)} ms`,
  reported: () => 'differs from what is wanted (nothing was changed)',
  paused: () => 'differs from what is wanted, and is not repaired for now',
} as const

const verbs = { add: '+', change: '~', remove: '-' } as const

const changesText = (changes: readonly DriftChange[]): string => {
  const named = changes.slice(0, MOST_NAMED).map(({ action, object }) => `${verbs[action]} ${object}`)
  const more = changes.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}

const objectsText = (objects: readonly string[]): string => {
  const more = objects.length - MOST_NAMED
  return `${objects.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const causesText = (causes: readonly Cause[]): string =>
  causes.length === 0 ? '' : ` Before that ${causes.map(({ text }) => text).join('; ')}.`
