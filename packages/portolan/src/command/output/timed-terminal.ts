import { type Clock, systemClock } from '../../watch/clock.ts'
import type { Terminal } from './terminal.ts'

/**
 * A terminal for a watch. What is said beside its events begins with the time, as these do: etcd may stop answering days
 * after the start. What is said before the first event is of the start, and has none.
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
