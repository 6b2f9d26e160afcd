import { type Clock, systemClock } from '../../watch/clock.ts'
import type { Terminal } from './terminal.ts'

/**
 * A terminal for a watch. Sentences beside its events begin with the time, as events do, because etcd may stop
 * answering days after the start. Sentences before the first event belong to the start, and have no time.
 */
export const timedTerminal = (terminal: Terminal, clock: Pick<Clock, 'date'> = systemClock): Terminal => {
  let isUnderWay = false
  const timed = (text: string): string => (isUnderWay ? `${clock.date().toISOString()} ${text}` : text)
  return {
    ...terminal,
    print: (text) => {
      isUnderWay = true
      terminal.print(text)
    },
    say: (sentence) => terminal.say(timed(sentence)),
    sayLines: (text) => terminal.sayLines(timed(text)),
  }
}
