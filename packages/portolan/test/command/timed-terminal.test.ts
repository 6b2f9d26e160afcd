import { expect, test } from '@jest/globals'
import { openTerminal } from '../../src/command/output/terminal.ts'
import { timedTerminal } from '../../src/command/output/timed-terminal.ts'

test('what a watch says once it tells events begins with the time', () => {
  const lines: string[] = []
  const take = (text: string): void => void lines.push(text)
  const plain = { ...openTerminal(), print: take, say: take, sayLines: take }
  const terminal = timedTerminal(plain, { date: () => new Date(0) })
  terminal.say('portolan: metrics are at http://127.0.0.1:9469/metrics')
  terminal.print('an event')
  terminal.say('portolan: etcd answers again: routes follow the other hosts.')
  terminal.sayLines('portolan: one\ntwo')
  expect(lines).toEqual([
    'portolan: metrics are at http://127.0.0.1:9469/metrics',
    'an event',
    '1970-01-01T00:00:00.000Z portolan: etcd answers again: routes follow the other hosts.',
    '1970-01-01T00:00:00.000Z portolan: one\ntwo',
  ])
})
